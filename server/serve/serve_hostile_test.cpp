#include "innernet/server/serve.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "serve_fixture.hpp"

namespace innernet::server {
namespace {

// Peers that mean no good.

using namespace testing;
using ::testing::ContainsRegex;

std::string long_line(std::size_t size, char of = 'a') { return std::string(size, of); }

/// Bytes of one connection, after which the client says no more, and the statuses of the answers until the server closes it.
struct HostileBytes {
  const char* what;
  std::string bytes;
  std::vector<unsigned> statuses;
};

std::vector<HostileBytes> hostile_bytes(const std::string& key) {
  using namespace std::string_literals;
  const std::string field = "X-Innernet-Server-Key: " + key + "\r\n";
  const auto get = [&](const std::string& fields) { return "GET /v1/user/state HTTP/1.1\r\n" + field + fields + "\r\n"; };
  const auto put = [&](const std::string& body) {
    return fmt::format("PUT /v1/user/candidates HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{}", field, body.size(), body);
  };
  std::string many_fields;
  for (int n = 0; n < 2'000; ++n) many_fields += fmt::format("F{}: v\r\n", n);
  std::string many_candidates = "[";
  for (int n = 0; n < 600; ++n) many_candidates += fmt::format("{}\"192.0.2.1:{}\"", n == 0 ? "" : ",", n + 1);
  many_candidates += "]";
  return {
      {"nothing", "", {}},
      {"empty lines",
       [] {
         std::string lines;
         for (int n = 0; n < 50'000; ++n) lines += "\r\n";
         return lines;
       }(),
       {}},
      {"one byte", "G", {}},
      {"half a head", "GET /v1/user/state HTTP/1.1\r\nX-Inn", {}},
      {"no request", "nonsense\r\n\r\n", {400}},
      {"zero bytes", std::string(100, '\0') + "\r\n\r\n", {400}},
      {"all bytes there are",
       [] {
         std::string all;
         for (int c = 255; c >= 0; --c) all += static_cast<char>(c);
         return all + "\r\n\r\n";
       }(),
       {400}},
      {"a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + long_line(500, '\x11'), {}},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}},
      {"HTTP/0.9", "GET /v1/user/state\r\n\r\n", {400}},
      {"HTTP of another day", "GET / HTTP/9.9\r\n\r\n", {400}},
      {"an endless method", long_line(9'000, 'X'), {431}},
      {"an endless target", "GET /" + long_line(9'000), {431}},
      {"a long target", "GET /v1/" + long_line(7'000) + " HTTP/1.1\r\n" + field + "Connection: close\r\n\r\n", {404}},
      {"an endless field", "GET / HTTP/1.1\r\nA: " + long_line(9'000), {431}},
      {"fields without end", "GET / HTTP/1.1\r\n" + many_fields, {431}},
      {"a field without a colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", {400}},
      {"a field without a name", "GET / HTTP/1.1\r\n: v\r\n\r\n", {400}},
      {"a zero byte in a field", "GET / HTTP/1.1\r\nA: "s + '\0' + "\r\n\r\n", {400}},
      {"a space before the colon", "GET / HTTP/1.1\r\nContent-Length : 0\r\n\r\n", {400}},
      {"a target with an escape sequence", "GET /\x1b[2J HTTP/1.1\r\n" + field + "\r\n", {400}},
      {"dots", "GET /v1/user/../admin/peers HTTP/1.1\r\n" + field + "\r\n", {404}},
      {"another host", "GET http://192.0.2.1/v1/user/capabilities HTTP/1.1\r\n" + field + "\r\n", {200}},
      {"a tunnel", "CONNECT 192.0.2.1:80 HTTP/1.1\r\n" + field + "\r\n", {404}},
      {"a negative length", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: -1\r\n\r\n", {400}},
      {"a length that overflows", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 18446744073709551616\r\n\r\n", {400}},
      {"the largest length", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 18446744073709551615\r\n\r\n", {400}},
      {"two lengths", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]x", {400}},
      {"a length and chunks",
       "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {400}},
      {"chunks without end",
       "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Transfer-Encoding: chunked\r\n\r\n" + long_line(900'000, 'f'),
       {400}},
      {"a body without end",
       "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 999999\r\n\r\n" + long_line(900'000, '['),
       {400}},
      {"less than it announced", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 9\r\n\r\n[]", {}},
      {"a request in a body that is not read",
       "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 16385\r\n\r\n" + get("") + long_line(17'000),
       {400}},
      {"the key of nobody", "GET /v1/user/state HTTP/1.1\r\nX-Innernet-Server-Key: " + long_line(7'000) + "\r\n\r\n", {401}},
      {"the key second", "GET /v1/user/state HTTP/1.1\r\nX-Innernet-Server-Key: x\r\n" + field + "\r\n", {401}},
      {"a thousand tags", get("If-None-Match: " + long_line(6'000, ',') + "\r\n"), {200}},
      {"tags without quotes", get("If-None-Match: W/\"" + long_line(6'000) + "\r\n"), {200}},
      {"a wait of eternities", get("Prefer: wait=99999999999999999999999999\r\n"), {200}},
      {"a wait of less than nothing", get("Prefer: wait=-1\r\nIf-None-Match: *\r\n"), {304}},
      {"a wait that closes its side", get("Prefer: wait=300\r\nIf-None-Match: *\r\n"), {304}},
      {"a delta of nonsense", get("A-IM: innernet;innernet,,;=\r\nIf-None-Match: \"0-0-99999999999999999999\"\r\n"), {200}},
      {"JSON 16,000 deep", put(long_line(16'000, '[')), {400}},
      {"objects 3,000 deep",
       put([] {
         std::string deep;
         for (int n = 0; n < 3'000; ++n) deep += "{\"a\":";
         return deep;
       }()),
       {400}},
      {"no UTF-8", put("[\"\xff\xfe:1\"]"), {400}},
      {"half a surrogate", put(R"(["\ud800:1"])"), {400}},
      {"a number beyond all", put("[1e999]"), {400}},
      {"many candidates", put(many_candidates), {413}},
      {"a candidate that acts on a terminal", put("[\"\\u001b]0;x\\u0007:1\"]"), {400}},
      {"a candidate of two lines", put(R"(["192.0.2.1\n127.0.0.1 bank.example:1"])"), {400}},
      {"a port beyond all", put(R"(["192.0.2.1:65536"])"), {400}},
      {"pipelined, the last one broken", get("") + get("") + "nonsense\r\n\r\n" + get(""), {200, 200, 400}},
  };
}

std::vector<unsigned> statuses_of(std::string_view answers) {
  std::vector<unsigned> statuses;
  constexpr std::string_view kStart = "HTTP/1.1 ";  // and a number: words of an answer have it, too
  for (std::size_t at = answers.find(kStart); at != std::string_view::npos; at = answers.find(kStart, at + 1))
    if (const unsigned status = static_cast<unsigned>(std::atoi(std::string(answers.substr(at + kStart.size(), 3)).c_str())); status != 0)
      statuses.push_back(status);
  return statuses;
}

TEST_F(ServeTest, AnswersOrClosesWhateverAHostilePeerSendsAndGoesOn) {
  write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.add_peer(contents("mallory", "127.66.1.7", wg::PrivateKey::generate().public_key(), true)));
    return {};
  });
  start();
  const std::string before = body_of(ask(kAliceIp, "GET", "/v1/admin/peers"));
  const auto cases = hostile_bytes(server_key_.public_key().to_base64());
  for (const auto& c : cases) {
    RawClient mallory(port_, "127.66.1.7");
    mallory.send(c.bytes);
    mallory.half_close();
    EXPECT_EQ(statuses_of(mallory.read_to_end()), c.statuses) << c.what;
  }
  EXPECT_EQ(body_of(ask(kAliceIp, "GET", "/v1/admin/peers")), before) << "nothing of it was stored";
  fmt::print("{} kinds of hostile bytes\n", cases.size());
}

TEST_F(ServeTest, RefusesEachMethodOnEachPathThatIsNotTheirs) {
  write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.add_peer(contents("mallory", "127.66.1.7", wg::PrivateKey::generate().public_key(), true)));
    return {};
  });
  start();
  const std::string before = body_of(ask(kAliceIp, "GET", "/v1/admin/peers"));
  std::vector<std::string> paths = {"/",
                                    "/v1",
                                    "/v1/",
                                    "//v1//user//state",
                                    "/v1/user",
                                    "/v1/user/",
                                    "/v1/user/state/more",
                                    "/v1/user/capabilities",
                                    "/v1/user/redeem",
                                    "/v1/user/endpoint",
                                    "/v1/user/candidates",
                                    "/v1/admin",
                                    "/v1/admin/",
                                    "/v1/nobody/x",
                                    "/v2/user/state"};
  for (const char* list : {"peers", "cidrs", "associations"})
    for (const char* id :
         {"", "/", "/0", "/1", "/2", "/-1", "/9223372036854775807", "/-9223372036854775808", "/9223372036854775808", "/x", "/1/more"})
      paths.push_back(fmt::format("/v1/admin/{}{}", list, id));
  const std::string server_key = server_key_.public_key().to_base64();
  std::vector<std::optional<std::string>> bodies = {std::nullopt,
                                                    "",
                                                    "null",
                                                    "{}",
                                                    "[]",
                                                    "[[[[",
                                                    "\xff",
                                                    R"({"option":"Set","content":null})",
                                                    fmt::format(R"({{"public_key":"{}"}})", server_key),
                                                    fmt::format(R"({{"public_key":"{}"}})", alice_key_.to_base64()),
                                                    R"({"public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})",
                                                    R"({"public_key":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})"};
  std::size_t count = 0;
  for (const char* source : {"127.66.1.7", kInvitedIp, "127.66.1.99"}) {
    for (const auto& body : bodies) {
      RawClient mallory(port_, source);
      for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"}) {
        for (const std::string& path : paths) {
          mallory.send(request(method, path, {}, body));
          const std::string answer = mallory.read_answer();
          // What is left: capabilities, the own state, an endpoint that is taken back, no candidates.
          ASSERT_THAT(answer, ContainsRegex(path.starts_with("/v1/admin") ? "^HTTP/1.1 401 " : "^HTTP/1.1 (200|204|400|401|404) "))
              << source << ' ' << method << ' ' << path << ' ' << body.value_or("no body");
          ++count;
        }
      }
    }
  }
  EXPECT_EQ(body_of(ask(kAliceIp, "GET", "/v1/admin/peers")), before) << "nothing of it was stored";
  fmt::print("{} requests\n", count);
}

}  // namespace
}  // namespace innernet::server
