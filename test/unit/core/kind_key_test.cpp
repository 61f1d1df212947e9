#include "src/core/kind_key.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "src/core/segment_format.hpp"
#include "src/core/text_numbers.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

TEST(KindKey, GivesBackItsFields) {
  Random random(1);
  const std::string texts[] = {"", "a", std::string(70'000, 'x'), std::string("\0\xff", 2)};
  std::pmr::vector<char> key;
  for (int round = 0; round < 500; ++round) {
    KindFields fields;
    for (auto& field : fields) {
      if (!random.OneIn(3)) field = texts[random.Below(4)];
    }
    MakeKindKey(fields, &key);
    EXPECT_EQ(ReadKindKey({key.data(), key.size()}), fields);
  }
}

TEST(KindKey, TellsNullFromEmptyAndFieldsApart) {
  std::pmr::vector<char> key;
  std::set<std::string> keys;
  const auto add = [&](const KindFields& fields) {
    MakeKindKey(fields, &key);
    return keys.emplace(key.begin(), key.end()).second;
  };
  KindFields fields;
  EXPECT_TRUE(add(fields));
  fields[0] = "";
  EXPECT_TRUE(add(fields));
  fields[0] = "ab";
  fields[1] = "c";
  EXPECT_TRUE(add(fields));
  fields[0] = "a";
  fields[1] = "bc";
  EXPECT_TRUE(add(fields));
  EXPECT_FALSE(add(fields));
}

TEST(TextNumbers, CountFromZeroAndStay) {
  TextNumbers numbers(std::pmr::get_default_resource());
  const auto hash = [](const std::string& text) {
    return text.size() % 5 ? ActorHash(text) : 7;
  };  // some collide
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < 3'000; ++i) {
      const std::string text = "text " + std::to_string(i);
      EXPECT_EQ(numbers.Number(text, hash(text)), i);
    }
  }
  EXPECT_EQ(numbers.size(), 3'000u);
  EXPECT_EQ(numbers[2'999].text, "text 2999");
}

}  // namespace
}  // namespace productgraph::core
