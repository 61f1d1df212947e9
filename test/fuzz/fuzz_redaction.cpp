// A byte that chooses patterns, then text: redacting once is enough, and JSON stays JSON, whichever way it
// goes.
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "src/core/redacting_json.hpp"
#include "src/core/utf8.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::core;

static constexpr std::string_view kPatterns[] = {"card", "email", "token"};
static constexpr std::string_view kDrop[] = {"metadata.a", "*.b"}, kHash[] = {"*.c"},
                                  kMask[] = {"metadata.d.e"};

static void CheckJson(const RedactionRules& rules, std::string_view text, std::pmr::memory_resource* memory) {
  rapidjson::Document document;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  const RedactedJson clients = RedactJson(rules, "metadata", text, JsonOrigin::kClients, memory);
  REQUIRE(document.Parse<kFlags>(clients.text.data(), clients.text.size()).HasParseError() ==
              !clients.well_formed ||
          text.find('\0') != text.npos);
  if (!clients.well_formed) return;
  const RedactedJson again = RedactJson(rules, "metadata", clients.text, JsonOrigin::kClients, memory);
  REQUIRE(!again.by_pattern);
  // What our writer wrote may be passed over on sight: only where a closer look changes nothing.
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document.HasParseError()) return;
  rapidjson::StringBuffer ours;
  rapidjson::Writer<rapidjson::StringBuffer> writer(ours);
  document.Accept(writer);
  const std::string_view json(ours.GetString(), ours.GetSize());
  REQUIRE(RedactJson(rules, "metadata", json, JsonOrigin::kOurs, memory).text ==
          RedactJson(rules, "metadata", json, JsonOrigin::kClients, memory).text);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::pmr::monotonic_buffer_resource memory;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::span<const std::string_view> patterns(kPatterns + data[0] % 3,
                                                   1 + data[0] / 4 % (3 - data[0] % 3));
  const bool named = data[0] & 0x80;
  RedactionOptions options{patterns, {}, {}, {}, {}};
  if (named) options = {patterns, kDrop, kHash, kMask, {}};
  const RedactionRules rules(options, &memory);
  const std::string_view clean = RedactText(rules.patterns(), text, &memory);
  REQUIRE(HasSensitiveText(rules.patterns(), text) == (clean.data() != text.data()));
  REQUIRE(!HasSensitiveText(rules.patterns(), clean));
  if (FindInvalidUtf8(text) != text.size()) return 0;
  REQUIRE(FindInvalidUtf8(clean) == clean.size());
  CheckJson(rules, text, &memory);
  return 0;
}
