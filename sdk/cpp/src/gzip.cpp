#include "gzip.hpp"

#include <zlib.h>

namespace productgraph {

std::string Gzip(std::string_view text) {
  constexpr int kGzipFormat = 15 + 16;  // the largest window, with a gzip header
  constexpr int kMemoryLevel = 8;       // zlib's own default
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipFormat, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  struct End {
    z_stream& stream;
    ~End() { deflateEnd(&stream); }
  } const end{stream};
  std::string compressed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return {};
  compressed.resize(stream.total_out);
  return compressed;
}

}  // namespace productgraph
