#include "src/core/keyed_hash.hpp"

#include <gtest/gtest.h>

#include <string>

#include "test/unit/core/block_memory.hpp"

namespace productgraph::core {
namespace {

HashSecret CountingSecret() {
  HashSecret secret;
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i);
  return secret;
}

// The first of the vectors that the authors of SipHash published for its 128-bit variant.
TEST(KeyedHash, PublishedVectors) {
  BlockMemory memory;
  const char* const expected[] = {"h_a3817f04ba25a8e66df67214c7550293", "h_da87c1d86b99af44347659119b22fc45",
                                  "h_8177228da4a45dc7fca38bdef60affe4"};
  std::string value;
  for (const char* const hash : expected) {
    EXPECT_EQ(HashText(CountingSecret(), value, &memory), hash) << value.size() << " bytes";
    value += static_cast<char>(value.size());
  }
}

TEST(KeyedHash, DependsOnEveryByteAndOnTheSecret) {
  const std::string value = "ann@example.com, whose address is longer than a word";
  const auto hash = KeyedHash(CountingSecret(), value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string other = value;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_NE(KeyedHash(CountingSecret(), other), hash) << i;
  }
  for (std::size_t i = 0; i < 16; ++i) {
    HashSecret other = CountingSecret();
    other[i] ^= 1;
    EXPECT_NE(KeyedHash(other, value), hash) << i;
  }
}

}  // namespace
}  // namespace productgraph::core
