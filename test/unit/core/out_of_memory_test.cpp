// Every allocation fails in turn. The only thing to happen is bad_alloc: no crash, and no leak, for which
// AddressSanitizer looks.
#include <gtest/gtest.h>

#include <functional>
#include <memory_resource>
#include <string>

#include "src/core/funnel_state.hpp"
#include "test/unit/core/funnel_rows.hpp"
#include "test/unit/core/ingestion_world.hpp"
#include "test/unit/core/reading.hpp"

namespace productgraph::core {
namespace {

// Whoever forgets the memory resource allocates from the default one: that must not happen.
class NoDefaultMemory {
 public:
  NoDefaultMemory() : before_(std::pmr::set_default_resource(std::pmr::null_memory_resource())) {}
  ~NoDefaultMemory() { std::pmr::set_default_resource(before_); }

 private:
  std::pmr::memory_resource* const before_;
};

void FailEachAllocation(const std::function<void(std::pmr::memory_resource*)>& action) {
  const NoDefaultMemory guard;
  BlockMemory enough;
  action(&enough);
  ASSERT_GT(enough.allocations(), 0u);
  for (std::size_t n = 0; n < enough.allocations(); ++n) {
    BlockMemory memory(n);
    EXPECT_THROW(action(&memory), std::bad_alloc) << "allocation " << n << " of " << enough.allocations();
  }
}

std::string RichEvent(std::string_view id) {
  return EventJson(
      R"(,"page.title":"\ud83d and a title that is long enough to be allocated","api.method":"PROPPATCHES",)"
      R"("ui.state.after":{"a":[1,2,{"b":null}]},"x":[1,"y\u0000"],"z":{"n":1e400},"user.id":7,)"
      R"("metadata":{"k":"v","list":[1.5,18446744073709551616,true]},"event.type":"page.veiw")",
      id);
}

TEST(OutOfMemory, ReadingAndJudging) {
  const std::string event = RichEvent("e1");
  const std::string batch = "[" + event + ",7," + EventJson(R"(,"q":1,"page.title":"x")") + "]";
  const std::string lines = event + "\nbroken\n" + EventJson();
  const auto read = [](const std::string& body, BodyFormat format) {
    FailEachAllocation([&](std::pmr::memory_resource* memory) {
      ReadResult result(memory);
      ReadEvents(body, format, ReadLimits(), StopToken(), memory, &result);
      for (Event& event : result.events) ApplyRules(EventRules(), memory, &event);
    });
  };
  read(batch, BodyFormat::kJson);
  read(lines, BodyFormat::kNdjson);
  read(event, BodyFormat::kEvent);
  read("{\"events\":[{\"a\":[[[", BodyFormat::kJson);
}

TEST(OutOfMemory, AWholeBatch) {
  const std::string_view patterns[] = {"card", "email", "token"};
  const std::string_view dropped[] = {"*.k"};
  const std::string_view hashed[] = {"session.id", "metadata.list"};
  IngestionWorld world;
  world.projects = {{"proj_demo", Uuid{1}, true, {}, {patterns, dropped, hashed, {}, {}}},
                    {"other", Uuid{2}, false}};
  world.keys = {{"key", {Uuid{2}, ""}}};
  std::string foreign = EventJson("", "e4");
  foreign.replace(foreign.find("proj_demo"), 9, "other");
  const std::vector<WorldRequest> requests = {
      {"[" + RichEvent("e1") + "," +
           EventJson(R"(,"page.url":"/?email=ann@example.com","ui.state.after":"{\"n\":4111111111111111}",)"
                     R"("metadata":{"password":"hunter2","list":[1]})",
                     "e2") +
           "," + EventJson("", "e2") + "," + foreign + "]",
       {}},
      {EventJson("", "e2") + "\n" + EventJson("", "e3"), {}, BodyFormat::kNdjson},
      {"[" + foreign + "]", "key"},
      {"[]", "unknown"},
      {"x", {}},
  };
  FailEachAllocation([&](std::pmr::memory_resource* memory) {
    IngestionWorld copy = world;
    try {
      const std::vector<WorldAnswer> answers = copy.Ingest(requests, memory);
      EXPECT_EQ(answers[0].accepted, 2);
      EXPECT_EQ(answers[4].status, 400);
    } catch (const std::bad_alloc&) {
      EXPECT_EQ(copy.stored(), 0u);
      throw;
    }
  });
}

TEST(OutOfMemory, TheStateOfAFunnel) {
  FailEachAllocation([](std::pmr::memory_resource* memory) {
    FunnelParameters parameters;
    parameters.options.steps = 3;
    FunnelState state(&parameters, memory);
    FunnelState other(&parameters, memory);
    for (int i = 0; i < 1'000; ++i) {
      state.Add(1'000 - i, 1u << (i % 3));
      other.Add(i, 1u << (i % 3));
    }
    state.Merge(other);
    state.Sort(StopToken());
    std::vector<std::uint8_t> bytes(state.SerializedSize());
    state.Serialize(bytes);
    const FunnelParameters read = FunnelState::ReadParameters(bytes);
    FunnelState copy(&read, memory);
    copy.ReadRows(bytes);
    EXPECT_EQ(copy.rows().size(), 2'000u);
    EXPECT_EQ(MatchFunnel(copy.rows(), {kSecond}, {3, true}, StopToken()).depth, 3);
  });
}

// What a request costs at most, whatever it holds, in bytes asked for in all: an arena gives nothing back
// early.
TEST(Memory, IsBoundedByTheSizeOfTheBody) {
  constexpr std::size_t kSize = 100'000;
  constexpr double kFactor = 10;
  const auto factor = [](const std::string& body, BodyFormat format = BodyFormat::kJson) {
    Reading reading(body, format);
    reading.Judge();
    return static_cast<double>(reading.memory().allocated_bytes()) / static_cast<double>(body.size());
  };
  for (const std::string_view text :
       {"[", "{\"a\":", "1,", "\"\",", "\"\\u0000\",", "1e400,", "\"\\ud800\",", "{},", "-", "{\"\":1},"}) {
    for (const std::string_view start : {"", "[", "[{\"x\":[", "{\"x\":[", "[{\"metadata\":["}) {
      std::string body(start);
      while (body.size() < kSize) body += text;
      EXPECT_LT(factor(body), kFactor) << start << text;
      EXPECT_LT(factor(body, BodyFormat::kNdjson), kFactor) << start << text;
    }
  }
  EXPECT_LT(factor("[" + EventJson(R"(,"x":1e400)") + std::string(kSize, ' ') + "]"), kFactor);
}

}  // namespace
}  // namespace productgraph::core
