#include "inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace productgraph::sidecar {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kFirstBytes = 16 * 1024;

struct Stream {
  z_stream z{};
  Stream() {
    if (inflateInit2(&z, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

// One byte of room past the limit tells a body of exactly the limit from a longer one.
void Grow(std::string& out, std::size_t limit, std::size_t hint) {
  const std::size_t wanted = std::max({kFirstBytes, hint, out.size() * 2});
  out.resize(std::min(limit + 1, wanted));
}

}  // namespace

InflateResult InflateGzip(std::string_view compressed, std::size_t limit, std::string& out) {
  Stream stream;
  stream.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.z.avail_in = static_cast<uInt>(compressed.size());
  out.clear();
  std::size_t filled = 0;
  for (;;) {
    if (filled == out.size()) Grow(out, limit, compressed.size() * 4);
    stream.z.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    stream.z.avail_out = static_cast<uInt>(out.size() - filled);
    const int status = inflate(&stream.z, Z_NO_FLUSH);
    filled = out.size() - stream.z.avail_out;
    if (filled > limit) return InflateResult::kTooLarge;
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_STREAM_END) {
      if (stream.z.avail_in == 0) break;
      if (inflateReset(&stream.z) != Z_OK) return InflateResult::kCorrupt;
      continue;
    }
    if (status != Z_OK && status != Z_BUF_ERROR) return InflateResult::kCorrupt;
    if (stream.z.avail_in == 0 && stream.z.avail_out > 0) return InflateResult::kTruncated;
  }
  out.erase(filled);
  return InflateResult::kOk;
}

}  // namespace productgraph::sidecar
