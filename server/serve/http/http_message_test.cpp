#include "http_message.hpp"

#include <gtest/gtest.h>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string head(std::string_view request_line, std::initializer_list<std::string_view> fields = {}) {
  std::string out(request_line);
  out.append("\r\nHost: 10.66.0.1\r\n");
  for (const std::string_view field : fields) out.append(field).append("\r\n");
  return out + "\r\n";
}

TEST(RequestHead, TakesWhatTheApiDependsOn) {
  Request request;
  const auto parsed = parse_request_head(head("PUT /v1/user/candidates?x=1 HTTP/1.1",
                                              {"x-innernet-SERVER-key:  abc= ", "If-None-Match: \"1-2-3\"",
                                               "Prefer: respond-async, wait=60; x=y", "A-IM: feed, innernet;q=1", "Content-Length: 12"}),
                                         request);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/v1/user/candidates?x=1");
  EXPECT_EQ(request.server_key, "abc=");
  EXPECT_EQ(request.if_none_match, "\"1-2-3\"");
  EXPECT_EQ(request.wait, 60s);
  EXPECT_TRUE(request.accepts_delta);
  EXPECT_EQ(request.body_kind, Request::Body::kWhole);
  EXPECT_EQ(parsed->body_bytes, 12U);
  EXPECT_TRUE(parsed->keep_alive);
}

// A request object is used again for the next request of a connection.
TEST(RequestHead, LeavesNothingOfTheRequestBefore) {
  Request request;
  ASSERT_TRUE(parse_request_head(head("GET /a HTTP/1.1", {"X-Innernet-Server-Key: k", "If-None-Match: \"e\"", "Prefer: wait=5",
                                                          "A-IM: innernet", "Content-Length: 3"}),
                                 request));
  request.body = "abc";
  ASSERT_TRUE(parse_request_head(head("POST /b HTTP/1.1"), request));
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/b");
  EXPECT_EQ(request.server_key, std::nullopt);
  EXPECT_EQ(request.if_none_match, std::nullopt);
  EXPECT_EQ(request.wait, std::nullopt);
  EXPECT_FALSE(request.accepts_delta);
  EXPECT_EQ(request.body_kind, Request::Body::kNoLength);
  EXPECT_EQ(request.body, "");
}

TEST(RequestHead, KnowsHowABodyIsDelimited) {
  const struct {
    std::initializer_list<std::string_view> fields;
    Request::Body kind;
    std::size_t bytes;
    bool keep_alive;
  } cases[] = {
      {{}, Request::Body::kNoLength, 0, true},
      {{"Content-Length: 0"}, Request::Body::kWhole, 0, true},
      {{"Content-Length: 16384"}, Request::Body::kWhole, 16384, true},
      {{"Content-Length: 16385"}, Request::Body::kTooLarge, 0, false},
      {{"Content-Length: 9999999999999999999"}, Request::Body::kTooLarge, 0, false},
      {{"Transfer-Encoding: chunked"}, Request::Body::kNoLength, 0, false},
      {{"Transfer-Encoding: gzip"}, Request::Body::kNoLength, 0, false},
  };
  for (const auto& c : cases) {
    Request request;
    const std::string text = head("PUT / HTTP/1.1", c.fields);
    const auto parsed = parse_request_head(text, request);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(request.body_kind, c.kind) << text;
    EXPECT_EQ(parsed->body_bytes, c.bytes) << text;
    EXPECT_EQ(parsed->keep_alive, c.keep_alive) << text;
  }
}

// Each of these is read in two ways by two programs, which is how requests are smuggled.
TEST(RequestHead, RefusesWhatIsNoRequest) {
  for (const std::string& text :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET / HTTP/2.0\r\n\r\n"), std::string("GET / FTP/1.1\r\n\r\n"),
        std::string("\x16\x03\x01\x02\r\n\r\n"), std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nA : b\r\n\r\n"), "GET / HTTP/1.1\r\nA: b\0c\r\n\r\n"s,
        head("PUT / HTTP/1.1", {"Content-Length: 3", "Content-Length: 4"}), head("PUT / HTTP/1.1", {"Content-Length: -1"}),
        head("PUT / HTTP/1.1", {"Content-Length: 99999999999999999999999"}),
        head("PUT / HTTP/1.1", {"Content-Length: 3", "Transfer-Encoding: chunked"}), head("GE T / HTTP/1.1"), head("GET /a b HTTP/1.1")}) {
    Request request;
    const auto parsed = parse_request_head(text, request);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error(), 400U) << text;
  }
}

TEST(RequestHead, RefusesMoreThanEightKibibytes) {
  Request request;
  const std::string padding(kMaxHeadBytes, 'a');
  EXPECT_EQ(parse_request_head(head("GET / HTTP/1.1", {"A: " + padding}), request).error(), 431U);
  const std::string at_the_limit =
      head("GET / HTTP/1.1", {"A: " + padding.substr(0, kMaxHeadBytes - head("GET / HTTP/1.1", {"A: "}).size())});
  ASSERT_EQ(at_the_limit.size(), kMaxHeadBytes);
  EXPECT_TRUE(parse_request_head(at_the_limit, request));
}

TEST(RequestHead, ReadsHowLongAClientWouldWait) {
  const struct {
    const char* prefer;
    std::optional<std::chrono::seconds> wait;
  } cases[] = {
      {"wait=60", 60s},
      {"WAIT=60", 60s},
      {"wait = 60", 60s},
      {"wait=\"60\"", 60s},
      {"handling=strict, wait=7", 7s},
      {"wait=0", {}},
      {"wait=301", kMaxWait},
      {"wait=99999999999999999999", kMaxWait},
      {"wait=-1", {}},
      {"wait=1.5", {}},
      {"wait=", {}},
      {"wait", {}},
      {"waits=4", {}},
      {",,wait=5", 5s},
      {"wait=5, wait=9", 5s},
  };
  for (const auto& c : cases) {
    Request request;
    ASSERT_TRUE(parse_request_head(head("GET / HTTP/1.1", {std::string("Prefer: ") + c.prefer}), request));
    EXPECT_EQ(request.wait, c.wait) << c.prefer;
  }
}

TEST(RequestHead, KnowsWhetherTheConnectionGoesOn) {
  const struct {
    std::string text;
    bool keep_alive;
  } cases[] = {
      {head("GET / HTTP/1.1"), true},
      {head("GET / HTTP/1.1", {"Connection: close"}), false},
      {head("GET / HTTP/1.0"), false},
      {head("GET / HTTP/1.0", {"Connection: keep-alive"}), true},
  };
  for (const auto& c : cases) {
    Request request;
    EXPECT_EQ(parse_request_head(c.text, request)->keep_alive, c.keep_alive) << c.text;
  }
}

TEST(RequestHead, TakesTheAbsoluteFormAsThePathInIt) {
  const struct {
    const char* target;
    const char* path;
  } cases[] = {
      {"http://10.66.0.1:51820/v1/user/state", "/v1/user/state"}, {"http://10.66.0.1", "/"}, {"/http://x/", "/http://x/"}, {"*", "*"}};
  for (const auto& c : cases) {
    Request request;
    ASSERT_TRUE(parse_request_head(head(std::string("GET ") + c.target + " HTTP/1.1"), request)) << c.target;
    EXPECT_EQ(request.target, c.path);
  }
}

TEST(ResponseHead, SaysWhatFollows) {
  const auto body = std::make_shared<const std::string>("{}");
  const auto response = [](unsigned status, std::shared_ptr<const std::string> with = nullptr) {
    Response out;
    out.status = status;
    out.body = std::move(with);
    return out;
  };
  auto delta = response(226, body);
  delta.etag = "\"1-2-3\"";
  delta.is_delta = true;
  auto unchanged = response(304);
  unchanged.etag = "\"1-2-3\"";
  auto too_often = response(429);
  too_often.retry_after = std::chrono::seconds(7);
  const struct {
    Response response;
    bool keep_alive;
    const char* text;
  } cases[] = {
      {response(200, body), true, "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"},
      {response(201), true, "HTTP/1.1 201 Created\r\nDate: D\r\nContent-Length: 0\r\n\r\n"},
      // RFC 9110, 8.6: neither may have a Content-Length that lies about a body.
      {response(204), true, "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n"},
      {unchanged, true, "HTTP/1.1 304 Not Modified\r\nDate: D\r\nETag: \"1-2-3\"\r\n\r\n"},
      {delta, false,
       "HTTP/1.1 226 IM Used\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: 2\r\nETag: \"1-2-3\"\r\nIM: "
       "innernet\r\nConnection: close\r\n\r\n"},
      {too_often, true, "HTTP/1.1 429 Too Many Requests\r\nDate: D\r\nContent-Length: 0\r\nRetry-After: 7\r\n\r\n"},
      {response(503), true, "HTTP/1.1 503 Service Unavailable\r\nDate: D\r\nContent-Length: 0\r\n\r\n"},
      {response(500), true, "HTTP/1.1 500 Internal Server Error\r\nDate: D\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const auto& c : cases) {
    std::string out;
    append_response_head(out, c.response, c.keep_alive, "D");
    EXPECT_EQ(out, c.text);
  }
}

TEST(HttpDate, IsImfFixdate) { EXPECT_EQ(http_date(WallTime(784'111'777s)), "Sun, 06 Nov 1994 08:49:37 GMT"); }

}  // namespace
}  // namespace innernet::server
