#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace productgraph::bench {

// Compresses request bodies, keeping its state and output buffer from one to the next.
class Gzip {
 public:
  Gzip();
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  // Valid until the next call.
  std::string_view Compress(std::string_view text);

 private:
  z_stream stream_{};
  std::string output_;
};

}  // namespace productgraph::bench
