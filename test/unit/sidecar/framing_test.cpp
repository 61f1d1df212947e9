#include "framing.hpp"

#include <gtest/gtest.h>

#include "parse_head.hpp"

namespace productgraph::sidecar {
namespace {

// Refused by Beast or by us; the client cannot tell.
bool Refused(const std::string& text) {
  try {
    Framing framing;
    return !FramingFault(ParseHead(text), framing).empty();
  } catch (const std::runtime_error&) {
    return true;
  }
}

TEST(Framing, AmbiguousRequestsAreRefused) {
  const std::string start = "POST /v1/events HTTP/1.1\r\n";
  const std::string host = "Host: h\r\n";
  for (const char* headers : {
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: chunked, x\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked, chunked\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: \"chunked\"\r\n",
           "Transfer-Encoding:\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Content-Length: 3\r\nContent-Length: 3\r\n",
           "Content-Length: 3\r\nContent-Length: 4\r\n",
           "Content-Length: 3, 3\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: +3\r\n",
           "Content-Length: 0x3\r\n",
           "Content-Length: 3 3\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999999\r\n",
           "Host: other\r\nContent-Length: 3\r\n",
       })
    EXPECT_TRUE(Refused(start + host + headers + "\r\n")) << headers;
  EXPECT_TRUE(Refused(start + "Content-Length: 0\r\n\r\n")) << "no Host";
  EXPECT_TRUE(Refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST(Framing, SoundRequestsAreDescribed) {
  Framing framing;
  EXPECT_EQ(FramingFault(PostHead("Content-Length: 12\r\n"), framing), "");
  EXPECT_EQ(framing.content_length, 12U);
  EXPECT_TRUE(framing.HasBody());
  EXPECT_EQ(FramingFault(PostHead("Transfer-Encoding: Chunked\r\n"), framing), "");
  EXPECT_TRUE(framing.chunked);
  EXPECT_FALSE(framing.content_length.has_value());
  EXPECT_EQ(FramingFault(PostHead(""), framing), "");
  EXPECT_FALSE(framing.HasLength());
  EXPECT_EQ(FramingFault(PostHead("Content-Length: 0\r\n"), framing), "");
  EXPECT_TRUE(framing.HasLength());
  EXPECT_FALSE(framing.HasBody());
  EXPECT_EQ(FramingFault(ParseHead("GET /health HTTP/1.0\r\n\r\n"), framing), "") << "HTTP/1.0 needs no Host";
}

}  // namespace
}  // namespace productgraph::sidecar
