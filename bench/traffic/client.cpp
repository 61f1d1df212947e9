#include "bench/traffic/client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>

namespace productgraph::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr std::chrono::seconds kConnectTimeout{5};
constexpr std::chrono::seconds kAnswerTimeout{40};  // above the server's own
constexpr std::uint64_t kMaxAnswerBytes = 64 << 20;
constexpr unsigned kHttp11 = 11;

auto Awaiting(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

std::chrono::seconds RetryAfter(const http::response<http::string_body>& response) {
  const auto field = response[http::field::retry_after];
  int seconds = 0;
  std::from_chars(field.data(), field.data() + field.size(), seconds);
  return std::chrono::seconds(seconds);
}

}  // namespace

Client::Client(const asio::any_io_executor& executor, const Options& options)
    : options_(options), stream_(executor) {}

asio::awaitable<std::string> Client::Connect() {
  error_code error;
  asio::ip::tcp::resolver resolver(stream_.get_executor());
  const auto places = co_await resolver.async_resolve(options_.host, options_.port, Awaiting(error));
  if (error) co_return "cannot resolve " + options_.host + ": " + error.message();
  stream_.expires_after(kConnectTimeout);
  co_await stream_.async_connect(places, Awaiting(error));
  if (error) co_return "cannot connect to " + options_.host + ":" + options_.port + ": " + error.message();
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
  buffer_.clear();
  is_connected_ = true;
  co_return std::string();
}

asio::awaitable<Answer> Client::Post(std::string_view body, bool is_gzip) {
  Answer answer;
  if (!is_connected_) {
    answer.problem = co_await Connect();
    if (!is_connected_) co_return answer;
  }
  http::request<http::span_body<const char>> request(http::verb::post, options_.target, kHttp11);
  request.set(http::field::host, options_.host);
  request.set(http::field::user_agent, "productgraph-traffic");
  request.set(http::field::content_type, "application/json");
  if (is_gzip) request.set(http::field::content_encoding, "gzip");
  if (!options_.api_key.empty()) request.set("X-PG-API-Key", options_.api_key);
  request.body() = boost::beast::span<const char>(body.data(), body.size());
  request.prepare_payload();

  error_code error;
  stream_.expires_after(kAnswerTimeout);
  co_await http::async_write(stream_, request, Awaiting(error));
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswerBytes);
  // A server that refuses a body early answers and closes: its answer is worth more than our write error.
  error_code read_error;
  co_await http::async_read(stream_, buffer_, parser, Awaiting(read_error));
  if (read_error) {
    answer.problem = "connection lost: " + (error ? error : read_error).message();
    is_connected_ = false;
    stream_.close();
    co_return answer;
  }
  const auto& response = parser.get();
  answer.status = response.result_int();
  answer.retry_after = RetryAfter(response);
  answer.body = response.body();
  if (error || !response.keep_alive()) {
    is_connected_ = false;
    stream_.close();
  }
  co_return answer;
}

}  // namespace productgraph::bench
