#include <charconv>
#include <cstdlib>
#include <string_view>

#include "productgraph/config.hpp"

namespace productgraph {
namespace {

// Empty when it is not set.
std::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : std::string_view();
}

void ReadText(const char* name, std::string* text) {
  if (const std::string_view value = Variable(name); !value.empty()) *text = value;
}

// The number at the start of `text`, which is left with what follows it; -1 when there is none.
long TakeNumber(std::string_view* text) {
  long number = -1;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || number < 0) return -1;
  text->remove_prefix(static_cast<std::size_t>(end - text->data()));
  return number;
}

void ReadCount(const char* name, std::size_t* count) {
  std::string_view text = Variable(name);
  if (const long number = TakeNumber(&text); number > 0 && text.empty())
    *count = static_cast<std::size_t>(number);
}

void ReadInterval(const char* name, std::chrono::milliseconds* interval) {
  constexpr long kMax = 24 * 60 * 60 * 1000L;  // of any unit, so that no product overflows
  std::string_view unit = Variable(name);
  const long number = TakeNumber(&unit);
  if (number <= 0 || number > kMax) return;
  if (unit == "ms") *interval = std::chrono::milliseconds(number);
  if (unit == "s" || unit.empty()) *interval = std::chrono::seconds(number);
  if (unit == "m") *interval = std::chrono::minutes(number);
}

}  // namespace

Config ConfigFromEnvironment() {
  Config config;
  const std::string_view enabled = Variable("PRODUCTGRAPH_ENABLED");
  config.enabled = enabled == "true" || enabled == "1";
  ReadText("PRODUCTGRAPH_PROJECT_ID", &config.project_id);
  ReadText("PRODUCTGRAPH_ENDPOINT", &config.endpoint);
  ReadText("PRODUCTGRAPH_API_KEY", &config.api_key);
  ReadCount("PRODUCTGRAPH_BATCH_SIZE", &config.batch_size);
  ReadInterval("PRODUCTGRAPH_BATCH_INTERVAL", &config.batch_interval);
  return config;
}

}  // namespace productgraph
