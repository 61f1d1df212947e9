#include "src/core/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/unit/core/block_memory.hpp"

namespace productgraph::core {
namespace {

struct InvalidCase {
  const char* name;
  std::string_view bytes;
};

TEST(Utf8, FindsWhatIsNotWellFormed) {
  const InvalidCase cases[] = {
      {"lone continuation", "\x80"},
      {"last continuation", "\xBF"},
      {"overlong two bytes", "\xC0\x80"},
      {"overlong two bytes, highest", "\xC1\xBF"},
      {"overlong three bytes", "\xE0\x9F\xBF"},
      {"overlong four bytes", "\xF0\x8F\xBF\xBF"},
      {"high surrogate", "\xED\xA0\x80"},
      {"low surrogate", "\xED\xBF\xBF"},
      {"past U+10FFFF", "\xF4\x90\x80\x80"},
      {"lead F5", "\xF5\x80\x80\x80"},
      {"lead F8", "\xF8\x88\x80\x80\x80"},
      {"lead FF", "\xFF"},
      {"two bytes cut", "\xC3"},
      {"three bytes cut", "\xE2\x82"},
      {"four bytes cut", "\xF0\x9F\x98"},
      {"two bytes broken", "\xC3("},
      {"three bytes broken", "\xE2\x82("},
      {"four bytes broken", "\xF0\x9F\x98("},
  };
  for (const InvalidCase& c : cases) {
    // Before, across and after the eight bytes that are looked at together.
    for (std::size_t before = 0; before <= 17; ++before) {
      for (const std::size_t after : {0u, 1u, 9u}) {
        const ExactText text(std::string(before, 'a') + std::string(c.bytes) + std::string(after, 'z'));
        EXPECT_EQ(FindInvalidUtf8(text), before) << c.name << ", " << before << " bytes before";
      }
    }
  }
}

TEST(Utf8, TakesWhatIsWellFormed) {
  using namespace std::string_view_literals;
  const std::string_view cases[] = {
      ""sv,
      "plain"sv,
      "\0\x7F"sv,
      "\xC2\x80\xDF\xBF"sv,
      "\xE0\xA0\x80\xED\x9F\xBF"sv,
      "\xEE\x80\x80"sv,
      "\xEF\xBF\xBF"sv,
      "\xF0\x90\x80\x80"sv,
      "\xF4\x8F\xBF\xBF"sv,
      "żółw 🐢 تجربة"sv,
  };
  for (const std::string_view text : cases) {
    for (std::size_t before = 0; before <= 9; ++before) {
      const ExactText padded(std::string(before, 'a') + std::string(text));
      EXPECT_EQ(FindInvalidUtf8(padded), padded.size()) << text;
    }
  }
}

TEST(Utf8, AgreesWithADecoderOnAllShortSequences) {
  // All pairs, and all triples over the bytes where verdicts change.
  const unsigned char edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
  const auto decodes = [](const std::string& s) {
    for (std::size_t i = 0; i < s.size();) {
      const auto at = [&](std::size_t j) { return j < s.size() ? static_cast<unsigned char>(s[j]) : 0u; };
      const unsigned lead = at(i);
      const int more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : -1;
      if (more < 0) return false;
      std::uint32_t value = more == 0 ? lead : lead & (0x3Fu >> more);
      for (int k = 1; k <= more; ++k) {
        if (at(i + k) >> 6 != 2) return false;
        value = value << 6 | (at(i + k) & 0x3F);
      }
      const std::uint32_t least[] = {0, 0x80, 0x800, 0x10000};
      if (value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
      i += more + 1;
    }
    return true;
  };
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string pair{static_cast<char>(a), static_cast<char>(b)};
      EXPECT_EQ(FindInvalidUtf8(pair) == 2, decodes(pair));
    }
  }
  for (const unsigned char a : edges) {
    for (const unsigned char b : edges) {
      for (const unsigned char c : edges) {
        for (const unsigned char d : edges) {
          const std::string four{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                                 static_cast<char>(d)};
          ASSERT_EQ(FindInvalidUtf8(four) == 4, decodes(four)) << testing::PrintToString(four);
        }
      }
    }
  }
}

TEST(Utf8, CountsAndCutsInCharacters) {
  const std::string_view text = "aé€🐢z";
  EXPECT_EQ(CountCharacters(""), 0u);
  EXPECT_EQ(CountCharacters(text), 5u);
  const std::string_view prefixes[] = {"", "a", "aé", "aé€", "aé€🐢", "aé€🐢z", "aé€🐢z"};
  for (std::size_t limit = 0; limit < std::size(prefixes); ++limit) {
    EXPECT_EQ(FirstCharacters(text, limit), prefixes[limit]);
  }
}

TEST(Utf8, KnowsControlCharacters) {
  for (int c = 0; c < 256; ++c) {
    const std::string text = std::string("ab") + static_cast<char>(c);
    EXPECT_EQ(HasControlCharacter(text), c < 0x20 || c == 0x7F) << c;
  }
  EXPECT_FALSE(HasControlCharacter(""));
  EXPECT_FALSE(HasControlCharacter("grüße 🐢"));
}

struct RepairCase {
  std::string_view json;
  std::string_view repaired;
  std::size_t count;
};

TEST(Utf8, RepairsLoneSurrogateEscapes) {
  const RepairCase cases[] = {
      {"", "", 0},
      {"\\", "\\", 0},
      {"\\u", "\\u", 0},
      {R"("plain \n A")", R"("plain \n A")", 0},
      {R"("\ud83d\udc22")", R"("\ud83d\udc22")", 0},
      {R"("\uD83D\uDC22")", R"("\uD83D\uDC22")", 0},
      {R"("\ud83d")", R"("\ufffd")", 1},
      {R"("\udc22")", R"("\ufffd")", 1},
      {R"("\uDBFF\uDFFF\uDFFF")", R"("\uDBFF\uDFFF\ufffd")", 1},
      {R"("\ud83d\ud83d\udc22")", R"("\ufffd\ud83d\udc22")", 1},
      {R"("\udc22\ud83d")", R"("\ufffd\ufffd")", 2},
      {R"("\ud83dx\udc22")", R"("\ufffdx\ufffd")", 2},
      {R"("\ud83d\n")", R"("\ufffd\n")", 1},
      {R"("\ud83d\\udc22")", R"("\ufffd\\udc22")", 1},
      // An escaped backslash makes the rest plain text.
      {R"("\\ud83d")", R"("\\ud83d")", 0},
      {R"("\\\ud83d")", R"("\\\ufffd")", 1},
      {R"("\\\\ud83d")", R"("\\\\ud83d")", 0},
      // Just outside of the surrogates.
      {R"("\ud7ff\ue000")", R"("\ud7ff\ue000")", 0},
      // No escapes: too short, or no digits.
      {R"(\ud83)", R"(\ud83)", 0},
      {R"("\ud83g")", R"("\ud83g")", 0},
      {R"(\ud83d)", R"(\ufffd)", 1},
      {R"(\ud83d\udc2)", R"(\ufffd\udc2)", 1},
  };
  for (const RepairCase& c : cases) {
    ExactText text(c.json);
    EXPECT_EQ(RepairLoneSurrogateEscapes(text.data(), text.size()), c.count) << c.json;
    EXPECT_EQ(std::string_view(text), c.repaired) << c.json;
    if (c.count > 0) {
      EXPECT_TRUE(MayHaveSurrogateEscapes(c.json)) << c.json;
    }
  }
}

TEST(Utf8, SeesWhenThereIsNothingToRepair) {
  for (const std::string_view json : {"", "plain", "\\u0041", "\\n", "ud800", "\\u"}) {
    EXPECT_FALSE(MayHaveSurrogateEscapes(ExactText(json))) << json;
  }
}

}  // namespace
}  // namespace productgraph::core
