#include "src/core/clean_texts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/core/redaction.hpp"
#include "test/unit/core/block_memory.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

constexpr std::string_view kCard = "4111111111111111";

struct Rules {
  explicit Rules(std::span<const std::string_view> patterns)
      : options{patterns, {}, {}, {}, {}}, rules(options, std::pmr::get_default_resource()) {}
  RedactionOptions options;
  RedactionRules rules;
};

TEST(CleanTexts, KnowsWhatItWasToldAndNothingElse) {
  const Rules rules({}), others({});
  CleanTexts clean;
  EXPECT_FALSE(clean.Has(rules.rules, 1, "a text"));
  clean.Add(rules.rules, 1, "a text");
  EXPECT_TRUE(clean.Has(rules.rules, 1, std::string("a text")));
  EXPECT_FALSE(clean.Has(rules.rules, 2, "a text"));
  EXPECT_FALSE(clean.Has(others.rules, 1, "a text"));
  EXPECT_FALSE(clean.Has(rules.rules, 1, "b text"));
  EXPECT_FALSE(clean.Has(rules.rules, 1, "a tex"));
}

TEST(CleanTexts, ManyTextsAreNeverMistaken) {
  const Rules rules({});
  CleanTexts clean;
  std::vector<std::string> texts;
  for (int i = 0; i < 5'000; ++i) texts.push_back("text " + std::to_string(i));
  for (std::size_t i = 0; i < texts.size(); i += 2) clean.Add(rules.rules, 1, texts[i]);
  int known = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool has = clean.Has(rules.rules, 1, texts[i]);
    known += has;
    ASSERT_FALSE(has && i % 2 == 1);
  }
  EXPECT_GT(known, 100);
}

// The same characters may be clean as one type of JSON and not as another.
TEST(CleanTexts, EventsThatRepeatATextAreRedactedAsIfTheyWereAlone) {
  const std::string_view patterns[] = {"card", "token"};
  const Rules rules(patterns);
  const auto redacted = [&](CleanTexts* clean, FieldId field, JsonType type, std::string_view text) {
    BlockMemory memory;
    Event event(&memory);
    event.values.push_back({field, type, text, {}});
    RedactEvent(rules.rules, &memory, clean, &event);
    return std::string(event.values[0].text) + (event.warnings.empty() ? "" : " with a warning");
  };
  const FieldId fields[] = {FieldId::kPageTitle, FieldId::kUserId, FieldId::kUiStateBefore,
                            FieldId::kMetadata};
  const JsonType types[] = {JsonType::kString, JsonType::kNumber, JsonType::kObject};
  const std::string_view texts[] = {kCard, "harmless text", R"({"a":"4111111111111111"})",
                                    R"({"a":"harmless"})"};
  Random random(51);
  CleanTexts shared;
  for (int i = 0; i < 5'000; ++i) {
    const FieldId field = fields[random.Below(4)];
    const JsonType type = types[random.Below(3)];
    const std::string_view text = texts[random.Below(4)];
    CleanTexts alone;
    ASSERT_EQ(redacted(&shared, field, type, text), redacted(&alone, field, type, text));
  }
  EXPECT_EQ(redacted(&shared, FieldId::kPageTitle, JsonType::kNumber, kCard), kCard);
  EXPECT_EQ(redacted(&shared, FieldId::kPageTitle, JsonType::kString, kCard), "[card] with a warning");
}

}  // namespace
}  // namespace productgraph::core
