// golden_driver SCENARIO URL: does the steps of a scenario (test/golden/sdk) with the client, and prints its
// statistics.

#include <rapidjson/document.h>
#include <rapidjson/istreamwrapper.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>

#include "productgraph/client.hpp"

namespace {

using productgraph::Config;
using productgraph::Event;
using productgraph::Value;
using std::chrono::milliseconds;

Value ToValue(const rapidjson::Value& json) {
  if (json.IsBool()) return json.GetBool();
  if (json.IsInt64()) return json.GetInt64();
  if (json.IsUint64()) return json.GetUint64();
  if (json.IsNumber()) return json.GetDouble();
  if (json.IsString()) return std::string_view(json.GetString(), json.GetStringLength());
  if (json.IsArray()) {
    Value::Array elements;
    for (const rapidjson::Value& element : json.GetArray()) elements.push_back(ToValue(element));
    return elements;
  }
  if (json.IsObject()) {
    Value::Object members;
    for (const auto& [name, value] : json.GetObject()) members.emplace_back(name.GetString(), ToValue(value));
    return members;
  }
  return nullptr;
}

class Settings {
 public:
  explicit Settings(const rapidjson::Value& scenario) {
    if (const auto member = scenario.FindMember("client"); member != scenario.MemberEnd())
      settings_ = &member->value;
  }

  void Read(const char* name, std::string* value) const {
    if (const rapidjson::Value* found = Find(name)) *value = found->GetString();
  }
  void Read(const char* name, std::size_t* value) const {
    if (const rapidjson::Value* found = Find(name)) *value = found->GetUint64();
  }
  void Read(const char* name, milliseconds* value) const {
    if (const rapidjson::Value* found = Find(name)) *value = milliseconds(found->GetInt64());
  }
  void Read(const char* name, double* value) const {
    if (const rapidjson::Value* found = Find(name)) *value = found->GetDouble();
  }
  void Read(const char* name, int* value) const {
    if (const rapidjson::Value* found = Find(name)) *value = found->GetInt();
  }
  void Read(const char* name, bool* value) const {
    if (const rapidjson::Value* found = Find(name)) *value = found->GetBool();
  }
  std::string Text(const char* name) const {
    const rapidjson::Value* const found = Find(name);
    return found != nullptr ? found->GetString() : "";
  }

 private:
  const rapidjson::Value* Find(const char* name) const {
    if (settings_ == nullptr) return nullptr;
    const auto member = settings_->FindMember(name);
    return member != settings_->MemberEnd() ? &member->value : nullptr;
  }

  const rapidjson::Value* settings_ = nullptr;
};

std::function<bool(Event&)> Hook(const std::string& kind) {
  if (kind == "remove_metadata") {
    return [](Event& event) {
      event.Remove("metadata");
      return true;
    };
  }
  if (kind == "refuse") return [](Event&) { return false; };
  if (kind == "throw") return [](Event&) -> bool { throw std::runtime_error("the hook's own"); };
  return nullptr;
}

class Driver {
 public:
  Driver(const rapidjson::Value& scenario, const std::string& url) : client_(MakeConfig(scenario, url)) {}

  void Do(const rapidjson::Value& step) {
    const std::string_view kind = step.MemberBegin()->name.GetString();
    const rapidjson::Value& what = step.MemberBegin()->value;
    if (kind == "track") {
      const auto times = step.FindMember("times");
      Track(what, times != step.MemberEnd() ? times->value.GetInt() : 1);
    } else if (kind == "special") {
      TrackSpecial(what.GetString());
    } else if (kind == "flush") {
      Flush(what);
    } else if (kind == "sleep_ms") {
      std::this_thread::sleep_for(milliseconds(what.GetInt64()));
    } else if (kind == "consent") {
      client_.SetConsent(what.GetBool());
    } else if (kind == "clock_jump_ms") {
      clock_offset_ms_ += what.GetInt64();
    } else if (kind == "close") {
      client_.Close();
    } else {
      throw std::runtime_error("unknown step " + std::string(kind));
    }
  }

  void Finish() {
    client_.Close();
    const productgraph::Stats stats = client_.stats();
    std::printf(
        R"({"tracked":%lu,"sent":%lu,"rejected":%lu,"dropped":%lu,"discarded":%lu,"queued":%lu,"reports":%d})"
        "\n",
        stats.tracked, stats.sent, stats.rejected, stats.dropped, stats.discarded, stats.queued,
        reports_.load());
  }

 private:
  Config MakeConfig(const rapidjson::Value& scenario, const std::string& url) {
    const Settings settings(scenario);
    Config config;
    config.endpoint = url;
    config.project_id = "proj_demo";
    settings.Read("enabled", &config.enabled);
    settings.Read("project_id", &config.project_id);
    settings.Read("api_key", &config.api_key);
    settings.Read("batch_size", &config.batch_size);
    settings.Read("batch_interval_ms", &config.batch_interval);
    settings.Read("max_batch_bytes", &config.max_batch_bytes);
    settings.Read("max_queue", &config.max_queue);
    settings.Read("request_timeout_ms", &config.request_timeout);
    settings.Read("retry_base_ms", &config.retry_base);
    settings.Read("retry_max_ms", &config.retry_max);
    settings.Read("max_retries", &config.max_retries);
    settings.Read("close_timeout_ms", &config.close_timeout);
    settings.Read("sample_rate", &config.sample_rate);
    settings.Read("consent", &config.consent);
    config.redact = Hook(settings.Text("redact"));
    config.on_error = [this, throws = settings.Text("on_error") == "throw"](const productgraph::Problem&) {
      ++reports_;
      if (throws) throw std::runtime_error("the callback's own");
    };
    config.clock = [this] { return std::chrono::system_clock::now() + milliseconds(clock_offset_ms_); };
    return config;
  }

  void Track(const rapidjson::Value& fields, int times) {
    for (int n = 1; n <= times; ++n) {
      Event event("");
      event.fields().clear();
      for (const auto& [name, value] : fields.GetObject()) event.Set(name.GetString(), ToValue(value));
      if (const Value* name = event.Find("event.name"); name != nullptr && name->text() != nullptr) {
        std::string text = *name->text();
        if (const std::size_t at = text.find("{n}"); at != std::string::npos)
          text.replace(at, 3, std::to_string(n));
        event.Set("event.name", text);
      }
      client_.Track(event);
    }
  }

  // C++ has no values that are cyclic, undefined or functions, or that throw when they are read.
  void TrackSpecial(const std::string& kind) {
    Event event = Event::Custom(kind);
    event.Session("s-1").Metadata("kept", 1);
    if (kind == "deep") {
      Value deep;
      for (int level = 0; level < 100; ++level) deep = Value::Object{{"deep", deep}};
      event.Metadata("deep", deep);
    } else if (kind == "bigint") {
      event.Metadata("id", 9007199254740993);
    } else if (kind == "nul") {
      const std::string_view text("a\0b", 3);
      event.Set("event.name", text).Metadata("text", text);
    } else if (kind == "invalid_text") {
      event.Metadata("text",
                     "a\xFF"
                     "b");
    } else if (kind == "huge") {
      event.Metadata("text", std::string(200'000, 'x'));
    } else if (kind == "nan") {
      event.Set("duration_ms", std::numeric_limits<double>::infinity()).Metadata("value", std::nan(""));
    }
    client_.Track(event);
  }

  void Flush(const rapidjson::Value& what) {
    const milliseconds timeout(what.IsObject() ? what["timeout_ms"].GetInt64() : 10'000);
    client_.Flush(timeout);
  }

  std::atomic<int> reports_{0};
  std::atomic<std::int64_t> clock_offset_ms_{0};
  productgraph::Client client_;  // last: its callbacks use the others
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: golden_driver SCENARIO URL\n", stderr);
    return 2;
  }
  std::ifstream file(argv[1]);
  rapidjson::IStreamWrapper stream(file);
  rapidjson::Document scenario;
  if (scenario.ParseStream(stream).HasParseError()) {
    std::fprintf(stderr, "%s is no JSON\n", argv[1]);
    return 2;
  }
  Driver driver(scenario, argv[2]);
  for (const rapidjson::Value& step : scenario["do"].GetArray()) driver.Do(step);
  driver.Finish();
}
