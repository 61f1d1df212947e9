#include "inflate.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace productgraph::sidecar {
namespace {

std::string Gzip(const std::string& text) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

TEST(Inflate, GivesBackWhatWasCompressed) {
  std::string out;
  for (std::size_t size : {0U, 1U, 100U, 16384U, 16385U, 1000000U}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 2654435761U >> 13);
    EXPECT_EQ(InflateGzip(Gzip(text), 2000000, out), InflateResult::kOk) << size;
    EXPECT_EQ(out, text);
  }
}

TEST(Inflate, TheLimitIsExact) {
  std::string out;
  const std::string compressed = Gzip(std::string(50000, 'a'));
  EXPECT_EQ(InflateGzip(compressed, 50000, out), InflateResult::kOk);
  EXPECT_EQ(out.size(), 50000U);
  EXPECT_EQ(InflateGzip(compressed, 49999, out), InflateResult::kTooLarge);
}

TEST(Inflate, ABombTakesNoMoreThanTheLimit) {
  std::string out;
  EXPECT_EQ(InflateGzip(Gzip(std::string(50 << 20, '\0')), 1 << 20, out), InflateResult::kTooLarge);
  EXPECT_LE(out.capacity(), 2U << 20);
}

TEST(Inflate, EveryTruncationIsAnError) {
  std::string out;
  const std::string compressed = Gzip("{\"events\":[]}");
  for (std::size_t size = 0; size < compressed.size(); ++size)
    EXPECT_EQ(InflateGzip(compressed.substr(0, size), 1000, out), InflateResult::kTruncated) << size;
}

TEST(Inflate, ChangedBytesAreAnError) {
  std::string out;
  std::string compressed = Gzip("{\"events\":[]}");
  compressed[compressed.size() - 6] ^= 1;  // checksum
  EXPECT_EQ(InflateGzip(compressed, 1000, out), InflateResult::kCorrupt);
  EXPECT_EQ(InflateGzip("not gzip at all", 1000, out), InflateResult::kCorrupt);
  EXPECT_EQ(InflateGzip(Gzip("a") + "rubbish", 1000, out), InflateResult::kCorrupt);
}

TEST(Inflate, MembersFollowOneAnother) {
  std::string out;
  EXPECT_EQ(InflateGzip(Gzip("[1,") + Gzip("2]"), 1000, out), InflateResult::kOk);
  EXPECT_EQ(out, "[1,2]");
  EXPECT_EQ(InflateGzip(Gzip("[1,") + Gzip("2]"), 4, out), InflateResult::kTooLarge);
}

}  // namespace
}  // namespace productgraph::sidecar
