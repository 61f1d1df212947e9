#pragma once

#include <utility>  // first: awaitable.hpp of Boost 1.74 uses it without including it
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/field.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "bench/traffic/options.hpp"

namespace productgraph::bench {

struct Answer {
  unsigned status = 0;  // 0: the connection failed, and problem says how
  std::chrono::seconds retry_after{0};
  std::string body;
  std::string problem;
};

// One kept-alive HTTP connection that reconnects by itself. One request at a time.
class Client {
 public:
  Client(const boost::asio::any_io_executor& executor, const Options& options);

  // body must live until the answer is there.
  boost::asio::awaitable<Answer> Post(std::string_view body, bool is_gzip);

 private:
  boost::asio::awaitable<std::string> Connect();

  const Options& options_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  bool is_connected_ = false;
};

}  // namespace productgraph::bench
