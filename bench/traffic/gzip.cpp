#include "bench/traffic/gzip.hpp"

#include <new>
#include <stdexcept>

namespace productgraph::bench {

Gzip::Gzip() {
  constexpr int kGzipFormat = 15 + 16;  // the largest window, with a gzip header
  if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipFormat, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

Gzip::~Gzip() {
  deflateEnd(&stream_);
}

std::string_view Gzip::Compress(std::string_view text) {
  deflateReset(&stream_);
  output_.resize(deflateBound(&stream_, text.size()));
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream_.avail_in = static_cast<uInt>(text.size());
  stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
  stream_.avail_out = static_cast<uInt>(output_.size());
  if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib could not compress a body");
  return std::string_view(output_).substr(0, stream_.total_out);
}

}  // namespace productgraph::bench
