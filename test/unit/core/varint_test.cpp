#include "src/core/varint.hpp"

#include <gtest/gtest.h>

#include <memory_resource>

namespace productgraph::core {
namespace {

// What both readers make of bytes that end at `size`, with room behind.
struct Read {
  bool ok = false;
  std::uint64_t value = 0;
  std::ptrdiff_t taken = 0;
  bool operator==(const Read&) const = default;
};

template <class Reader>
Read Take(const std::pmr::vector<std::uint8_t>& bytes, std::size_t size, Reader reader) {
  const std::uint8_t* at = bytes.data();
  Read read;
  read.ok = reader(&at, bytes.data() + size, &read.value);
  if (!read.ok) return {};
  read.taken = at - bytes.data();
  return read;
}

std::pmr::vector<std::uint8_t> Padded(std::uint64_t value) {
  std::pmr::vector<std::uint8_t> bytes;
  PutVarint(value, &bytes);
  bytes.resize(bytes.size() + 8, 0x81);
  return bytes;
}

TEST(Varint, BothReadersGiveBackWhatWasWritten) {
  for (int bits = 0; bits <= 64; ++bits) {
    const std::uint64_t top = bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits);
    for (const std::uint64_t value : {top, top / 3, top - top / 5}) {
      const auto bytes = Padded(value);
      const auto size = static_cast<std::ptrdiff_t>(bytes.size() - 8);
      const Read wanted = {true, value, size};
      EXPECT_EQ(Take(bytes, bytes.size() - 8, GetVarint), wanted) << value;
      EXPECT_EQ(Take(bytes, bytes.size() - 8, GetPaddedVarint), wanted) << value;
    }
  }
}

TEST(Varint, BothReadersRefuseWhatDoesNotEnd) {
  for (int bits = 1; bits <= 64; ++bits) {
    const auto bytes = Padded(std::uint64_t{1} << (bits - 1));
    for (std::size_t size = 0; size < bytes.size() - 8; ++size) {
      EXPECT_FALSE(Take(bytes, size, GetVarint).ok) << bits << " bits in " << size;
      EXPECT_FALSE(Take(bytes, size, GetPaddedVarint).ok) << bits << " bits in " << size;
    }
  }
}

}  // namespace
}  // namespace productgraph::core
