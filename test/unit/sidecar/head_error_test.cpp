#include "head_error.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace productgraph::sidecar {
namespace {

// What Beast says of bytes that arrived, and we to the client.
unsigned StatusFor(const std::string& bytes) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(1000);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(bytes), error);
  const auto answer = AnswerToHeadError(error, false, 1000, "id");
  EXPECT_TRUE(!answer || answer->close);
  return answer ? answer->status : 0;
}

TEST(HeadError, BrokenHeadsAreAnswered) {
  EXPECT_EQ(StatusFor("GET /\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(StatusFor("G\x01T / HTTP/1.1\r\n\r\n"), 400U);
  EXPECT_EQ(StatusFor("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), 400U);
  EXPECT_EQ(StatusFor("GET / HTTP/1.1\r\nno colon\r\n\r\n"), 400U);
  EXPECT_EQ(StatusFor(std::string("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24)), 400U);
  EXPECT_EQ(StatusFor("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505U);
  EXPECT_EQ(StatusFor("GET / HTTP/1.1\r\nA: " + std::string(1000, 'a') + "\r\n\r\n"), 431U);
}

TEST(HeadError, ALateHeadIs408) {
  const auto answer = AnswerToHeadError(boost::asio::error::operation_aborted, true, 1000, "id");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 408U);
}

TEST(HeadError, NobodyIsAnsweredWhoHasLeft) {
  EXPECT_FALSE(AnswerToHeadError(boost::asio::error::connection_reset, false, 1000, "id").has_value());
  EXPECT_FALSE(AnswerToHeadError(http::error::end_of_stream, false, 1000, "id").has_value());
}

}  // namespace
}  // namespace productgraph::sidecar
