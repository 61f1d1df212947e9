// Reads what a server answered on one connection.
#pragma once

#include <rapidjson/document.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string_view>

#include "test/fuzz/require.hpp"

// How many answers are 202. All must be whole, and JSON except for metrics. Not for answers to HEAD, whose
// end cannot be told.
inline int CountAccepted(std::string_view answers) {
  namespace http = boost::beast::http;
  int accepted = 0;
  while (!answers.empty()) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.body_limit(1 << 20);
    boost::system::error_code error;
    answers.remove_prefix(parser.put(boost::asio::buffer(answers.data(), answers.size()), error));
    REQUIRE(!error || error == http::error::need_more);
    const auto& answer = parser.get();
    REQUIRE(parser.is_header_done());
    if (answer.result() == http::status::continue_) continue;
    REQUIRE(answer.count("X-Request-ID") == 1);
    accepted += answer.result_int() == 202;
    REQUIRE(parser.is_done());
    if (answer[http::field::content_type] == "application/json")
      REQUIRE(!rapidjson::Document().Parse(answer.body().data(), answer.body().size()).HasParseError());
  }
  return accepted;
}
