#include "src/core/json.hpp"

#include <gtest/gtest.h>

#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

std::size_t FirstSpecial(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' || text[i] == '\\' || static_cast<unsigned char>(text[i]) < 0x20) return i;
  }
  return text.size();
}

TEST(Json, FindsEverySpecialByteWhereverItStands) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t size = 1; size < 20; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        // Exactly as large as it is, so that reading beyond is seen.
        std::vector<char> text(size, 'x');
        text[at] = static_cast<char>(byte);
        const std::string_view view(text.data(), text.size());
        ASSERT_EQ(FindSpecial(view.data(), view.data() + size) - view.data(),
                  static_cast<std::ptrdiff_t>(FirstSpecial(view)))
            << byte << " at " << at << " of " << size;
      }
    }
  }
}

TEST(Json, FindsTheFirstOfManySpecialBytes) {
  Random random(20);
  for (int round = 0; round < 20000; ++round) {
    std::vector<char> text(static_cast<std::size_t>(random.Between(0, 40)));
    for (char& byte : text) byte = static_cast<char>(random.Between(0, 3) ? random.Between(0, 255) : '\xff');
    const std::string_view view(text.data(), text.size());
    ASSERT_EQ(FindSpecial(view.data(), view.data() + view.size()) - view.data(),
              static_cast<std::ptrdiff_t>(FirstSpecial(view)));
  }
}

TEST(Json, ReadsStringsOfAllLengthsWhole) {
  struct Strings : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Strings> {
    bool String(const char* text, rapidjson::SizeType size, bool) {
      read.assign(text, size);
      return true;
    }
    std::string read;
  };
  std::string plain;
  for (int size = 0; size < 70; ++size, plain.push_back(static_cast<char>('a' + size % 26))) {
    for (const auto& [end, read] :
         {std::pair("", ""), {"\\n", "\n"}, {"\\u00e9z", "\xc3\xa9z"}, {"\xc3\xa9\\\"", "\xc3\xa9\""}}) {
      const std::string json = '"' + plain + end + plain + '"';
      JsonText stream(json);
      std::pmr::monotonic_buffer_resource memory;
      PmrJsonAllocator allocator(&memory);
      JsonReader reader(&allocator);
      Strings strings;
      ASSERT_FALSE(reader.Parse(stream, strings).IsError()) << json;
      ASSERT_EQ(strings.read, plain + read + plain);
    }
  }
}

}  // namespace
}  // namespace productgraph::core
