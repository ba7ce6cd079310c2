#include "http_response.hpp"

#include <gmock/gmock.h>

namespace innernet::client {
namespace {

TEST(ResponseHead, IsReadFromItsLines) {
  const auto head = parse_response_head(
      "HTTP/1.1 226 IM Used\r\nETag: \"1-2-3\"\r\nRetry-After: 90 \r\nim:  INNERNET \r\ncontent-LENGTH: 12\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(head) << head.error().message();
  EXPECT_EQ(head->status, 226);
  EXPECT_EQ(head->etag, "\"1-2-3\"");
  EXPECT_EQ(head->retry_after, std::chrono::seconds(90));
  EXPECT_EQ(head->instance_manipulation, "innernet");
  EXPECT_EQ(head->content_length, 12);
  EXPECT_FALSE(head->keep_alive);
  EXPECT_FALSE(parse_response_head("HTTP/1.0 200 OK\r\n\r\n")->keep_alive);
  EXPECT_TRUE(parse_response_head("HTTP/1.1 200\r\n\r\n")->keep_alive);
  EXPECT_FALSE(parse_response_head("HTTP/1.1 204 No Content\r\n\r\n")->has_body());
}

TEST(ResponseHead, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* text :
       {"", "\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n", "HTTP/1.1 200 OK\r\nETag: x\r\n"})
    EXPECT_FALSE(parse_response_head(text)) << text;
}

TEST(ChunkedBody, IsTheSameHoweverItArrives) {
  const std::string whole = "5;ext=1\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
    ChunkedBody body;
    std::string input;
    std::string out;
    for (std::size_t at = 0; at < whole.size(); at += piece) {
      input += whole.substr(at, piece);
      ASSERT_TRUE(body.feed(input, out));
    }
    EXPECT_TRUE(body.done());
    EXPECT_EQ(out, "hello world");
    EXPECT_EQ(input, "");
  }
}

TEST(ChunkedBody, RefusesBadSizes) {
  for (std::string text : {"x\r\n", "\r\n", "-1\r\n", "fffffffffffffffff\r\n", "20000000\r\n", "1\r\nab\r\n"}) {
    ChunkedBody body;
    std::string out;
    EXPECT_FALSE(body.feed(text, out)) << text;
  }
}

}  // namespace
}  // namespace innernet::client
