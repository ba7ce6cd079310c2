#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <utility>

#include "fetch_test.hpp"
#include "innernet/client/data_store.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::HasSubstr;

enum class End {
  kRefused,   // with an error
  kCached,    // as if the server were away: the peers of the last fetch stay
  kSkipped,   // what is hostile in it is left out
  kAccepted,  // a server may do that
};

// What a hostile answer leaves as it was.
struct Kept {
  bool device = true;
  bool hosts = true;
  bool store = true;
};
constexpr Kept kAll{};
constexpr Kept kAllButStore{.store = false};             // what a peer's endpoint is said to be
constexpr Kept kDevice{.hosts = false, .store = false};  // names and what is said of them
constexpr Kept kNothing{.device = false, .hosts = false, .store = false};

struct Case {
  std::string what;
  Reply reply;
  std::string says;  // in the error or the log
  End end = End::kRefused;
  Kept kept = kAll;
};

struct HostileServerTest : FetchTest {
  struct Snapshot {
    std::string device, hosts, store;
    friend bool operator==(const Snapshot&, const Snapshot&) = default;
  };

  std::string device_text() {
    std::vector<std::string> lines;
    for (const wg::Peer& there : device().peers) {
      lines.push_back(fmt::format("{} {} {}", there.public_key.to_base64(), there.endpoint ? there.endpoint->to_string() : "-",
                                  there.persistent_keepalive));
      for (const IpNet& net : there.allowed_ips) lines.back() += " " + net.to_string();
    }
    std::ranges::sort(lines);
    return fmt::format("{} {} {}", device().public_key->to_base64(), device().listen_port, fmt::join(lines, "\n"));
  }
  Snapshot snapshot() { return {device_text(), hosts(), *read_file(options.folders.data_store(evilcorp()))}; }

  void to_state_answers(const Reply& reply) {
    const std::lock_guard lock(mutex);
    special = [reply](const Request& request) -> std::optional<Reply> {
      if (request.target == "/v1/user/state") return reply;
      return std::nullopt;
    };
  }
  void is_good_again() {
    const std::lock_guard lock(mutex);
    special = nullptr;
  }

  Reply changed(const std::function<void(State&)>& change) const {
    State hostile = state;
    change(hostile);
    return answer(200, to_json(hostile));
  }
  Reply with(const Peer& newcomer) const {
    return changed([&](State& hostile) { hostile.peers.push_back(newcomer); });
  }
  /// Bob, whom everybody knows, with another text for one of his members.
  Reply with_member(std::string_view member, std::string_view value) const {
    std::string body = to_json(state);
    const auto bob = body.find("{\"id\":3");
    const auto begin = body.find(fmt::format("\"{}\":", member), bob) + member.size() + 3;
    auto end = body.find_first_of(",}", begin);
    if (body[begin] == '[') end = body.find(']', begin) + 1;
    return answer(200, body.replace(begin, end - begin, value));
  }
  Reply with_cidr(std::string_view cidr) const {
    return answer(200, fmt::format(R"({{"peers":[{},{},{}],"cidrs":[{}]}})", to_json(state.peers[0]), to_json(state.peers[1]),
                                   to_json(state.peers[2]), cidr));
  }

  std::vector<Case> bytes() const {
    const std::string good = to_json(state);
    const auto raw = [](std::string text, Reply::Then then = Reply::Then::kClose) { return Reply{.bytes = std::move(text), .then = then}; };
    const auto ok = [](std::string_view fields, std::string_view body) { return fmt::format("HTTP/1.1 200 OK\r\n{}\r\n{}", fields, body); };
    const auto chunked = [&](std::string_view body) { return raw(ok("Transfer-Encoding: chunked\r\n", body)); };
    return {
        {"no byte", raw(""), "going on with the peers", End::kCached},
        {"a reset", raw("HTTP/1.1 200 OK\r\n", Reply::Then::kReset), "going on with the peers", End::kCached},
        {"a header that is cut off", raw("HTTP/1.1 200 OK\r\nContent-Le"), "going on with the peers", End::kCached},
        {"a header without end", raw("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), Reply::Then::kHang), "larger than 64 KiB"},
        {"interim answers and no other", raw([] {
           std::string text;
           for (int i = 0; i < 1000; ++i) text += "HTTP/1.1 103 Early Hints\r\n\r\n";
           return text;
         }()),
         "going on with the peers", End::kCached},
        {"another protocol", raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "is not how an HTTP/1.1 answer starts"},
        {"another version", raw("HTTP/2 200\r\n\r\n"), "is not how an HTTP/1.1 answer starts"},
        {"an escape in the status line", raw("HTTP/1.1 \x1b]0;owned\x07\r\n\r\n"), "has no status"},
        {"a status of two digits", raw("HTTP/1.1 99 OK\r\n\r\n"), "has no status"},
        {"a status of 999", raw("HTTP/1.1 999 OK\r\n\r\n"), "has no status"},
        {"a header field without a name", raw(ok(": x\r\n", good)), "is no header field"},
        {"a folded header field", raw(ok("X: a\r\n b: c\r\n", good)), "is no header field"},
        {"a length that is negative", raw(ok("Content-Length: -1\r\n", good)), "is no content length"},
        {"a length beyond 64 bits", raw(ok("Content-Length: 18446744073709551616\r\n", good)), "is no content length"},
        {"two lengths", raw(ok("Content-Length: 5\r\nContent-Length: 6\r\n", good)), "is no content length"},
        {"a length and chunks", raw(ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", good)), "a content length and is chunked"},
        {"a length above 256 MiB", raw(ok("Content-Length: 268435457\r\n", good)), "larger than 256 MiB"},
        {"a length that is too long", raw(ok(fmt::format("Content-Length: {}\r\n", good.size() + 1), good)), "going on with the peers",
         End::kCached},
        {"a length that is too short", raw(ok(fmt::format("Content-Length: {}\r\n", good.size() - 1), good)), "JSON that can't be read"},
        {"an unknown encoding", raw(ok("Transfer-Encoding: gzip\r\n", good)), "the transfer encoding"},
        {"a chunk size that is none", chunked("zz\r\n"), "is no chunk size"},
        {"a negative chunk size", chunked("-5\r\n"), "is no chunk size"},
        {"a chunk size beyond 64 bits", chunked("fffffffffffffffff\r\n"), "is no chunk size"},
        {"a chunk above 256 MiB", chunked("10000001\r\n"), "larger than 256 MiB"},
        {"a chunk that is longer than it says", chunked("2\r\n{}{}\r\n0\r\n\r\n"), "a chunk is longer than it says"},
        {"a chunk extension without end", chunked("2;" + std::string(70'000, 'x')), "a chunk's header is too long"},
        {"chunks that are cut off", chunked("2\r\n{}\r\n"), "going on with the peers", End::kCached},
        {"a redirect", answer(301, {}, "Location: http://203.0.113.66/v1/user/state\r\n"), "an unexpected answer (status 301)"},
        {"a redirect for the moment", answer(302, good, "Location: http://127.0.0.1/\r\n"), "an unexpected answer (status 302)"},
        {"a redirect of the method", answer(307, {}, "Location: //203.0.113.66\r\n"), "an unexpected answer (status 307)"},
        {"a part", answer(206, good, "Content-Range: bytes 0-1/2\r\n"), "an unexpected answer (status 206)"},
        {"words of an error that act on a terminal", answer(500, "{\"error\":\"\\u001b]0;owned\\u0007\"}"), "\\x1b"},
        {"a delta that was not asked for", answer(226, R"({"peers":[],"gone":[1,2,3]})", "IM: innernet\r\n"), "not asked for"},
        {"nothing", answer(200), "JSON that can't be read"},
        {"a page of a captive portal", answer(200, "<html>Log in here</html>", "Content-Type: text/html\r\n"), "JSON that can't be read"},
    };
  }

  std::vector<Case> texts() const {
    const std::string good = to_json(state);
    const std::string bob = to_json(state.peers[2]);
    std::vector<Case> cases = {
        {"null", answer(200, "null"), "JSON that can't be read"},
        {"an array", answer(200, "[]"), "JSON that can't be read"},
        {"an object with nothing", answer(200, "{}"), "is missing"},
        {"text behind the end", answer(200, good + "x"), "JSON that can't be read"},
        {"another state behind the end", answer(200, good + good), "JSON that can't be read"},
        {"a byte order mark", answer(200, "\xEF\xBB\xBF" + good), "JSON that can't be read"},
        {"half of it", answer(200, good.substr(0, good.size() / 2)), "JSON that can't be read"},
        {"a hundred thousand arrays in each other", answer(200, std::string(100'000, '[')), "JSON that can't be read"},
        {"depth in a member that is not known",
         answer(200, R"({"x":)" + std::string(1000, '[') + std::string(1000, ']') + "," + good.substr(1)), "JSON that can't be read"},
        {"peers twice", answer(200, R"({"peers":[],)" + good.substr(1)), "peers"},
        {"a member of a peer twice", answer(200, fmt::format(R"({{"peers":[{{"ip":"10.66.1.9",{}],"cidrs":[]}})", bob.substr(1))), "ip"},
        {"no peers", answer(200, R"({"cidrs":[]})"), "peers is missing"},
        {"no CIDRs", answer(200, R"({"peers":[]})"), "cidrs is missing"},
        {"peers that are an object", answer(200, R"({"peers":{},"cidrs":[]})"), "peers"},
        {"a peer that is a number", answer(200, R"({"peers":[1],"cidrs":[]})"), "peers"},
        {"an address with a prefix", with_member("ip", "\"0.0.0.0/0\""), "ip"},
        {"an address that is none", with_member("ip", "\"10.66.1\""), "ip"},
        {"wrong UTF-8 in a text", with_member("ip", "\"\xff\xfe\""), "JSON that can't be read"},
        {"half a surrogate", with_member("ip", R"("\ud800")"), "JSON that can't be read"},
        {"an id that is too large", with_member("id", "9223372036854775808"), "id"},
        {"an id with a fraction", with_member("id", "3.5"), "id"},
        {"a keep-alive that is too long", with_member("persistent_keepalive_interval", "65536"), "persistent_keepalive_interval"},
        {"a keep-alive that is negative", with_member("persistent_keepalive_interval", "-1"), "persistent_keepalive_interval"},
        {"an exponent", with_member("cidr_id", "1e400"), "cidr_id"},
        {"a time that is too large", with_member("invite_expires", R"({"secs_since_epoch":18446744073709551615,"nanos_since_epoch":0})"),
         "invite_expires"},
        {"a time with a member more", with_member("invite_expires", R"({"secs_since_epoch":1,"nanos_since_epoch":0,"x":0})"),
         "invite_expires"},
        {"a CIDR that is none", with_cidr(R"({"id":1,"name":"evilcorp","cidr":"10.66.0.0/33","parent":null})"), "cidr"},
        {"a CIDR without a name", with_cidr(R"({"id":1,"cidr":"10.66.0.0/16","parent":null})"), "name is missing"},
    };
    // A wrong type for each member.
    for (const auto& [member, value] :
         std::initializer_list<std::pair<const char*, const char*>>{{"id", "\"3\""},
                                                                    {"name", "3"},
                                                                    {"ip", "3"},
                                                                    {"cidr_id", "\"1\""},
                                                                    {"public_key", "3"},
                                                                    {"endpoint", "3"},
                                                                    {"persistent_keepalive_interval", "\"25\""},
                                                                    {"is_admin", "1"},
                                                                    {"is_disabled", "\"false\""},
                                                                    {"is_redeemed", "null"},
                                                                    {"invite_expires", "3"},
                                                                    {"candidates", "{}"}})
      cases.push_back({fmt::format("{} as {}", member, value), with_member(member, value), member});
    for (const auto& [member, cidr] : std::initializer_list<std::pair<const char*, const char*>>{
             {"id", R"({"id":"1","name":"a","cidr":"10.66.0.0/16","parent":null})"},
             {"name", R"({"id":1,"name":1,"cidr":"10.66.0.0/16","parent":null})"},
             {"cidr", R"({"id":1,"name":"a","cidr":16,"parent":null})"},
             {"parent", R"({"id":1,"name":"a","cidr":"10.66.0.0/16","parent":"1"})"}})
      cases.push_back({fmt::format("a CIDR's {} of a wrong type", member), with_cidr(cidr), member});
    return cases;
  }

  std::vector<Case> peers() const {
    const auto rename = [](std::string name) {
      std::string body = to_json(peer(9, "placeholder", "10.66.1.9", new_key()));
      return body.replace(body.find("\"placeholder\""), 13, name);
    };
    const auto and_also = [&](const std::string& newcomer) {
      return answer(200, fmt::format(R"({{"peers":[{},{},{},{}],"cidrs":[]}})", to_json(state.peers[0]), to_json(state.peers[1]),
                                     to_json(state.peers[2]), newcomer));
    };
    std::vector<Case> cases = {
        {"another key for a known address", changed([](State& hostile) { hostile.peers[2].public_key = new_key(); }),
         "somebody may pretend"},
        {"another key for the server", changed([](State& hostile) { hostile.peers[0].public_key = new_key(); }), "somebody may pretend"},
        {"another key for ourselves", changed([](State& hostile) { hostile.peers[1].public_key = new_key(); }), "somebody may pretend"},
        {"two peers with each other's key",
         changed([](State& hostile) { std::swap(hostile.peers[0].public_key, hostile.peers[2].public_key); }), "somebody may pretend"},
        {"a newcomer with bob's address", with(peer(9, "mallory", "10.66.1.3", new_key())), "to two peers"},
        {"a newcomer with our address", with(peer(9, "mallory", "10.66.1.2", new_key())), "to two peers"},
        {"a name that leaves the hosts file's line", and_also(rename(R"("x\n127.0.0.1 bank.example")")), "is left out", End::kSkipped},
        {"a name that acts on a terminal", and_also(rename(R"("\u001b]0;owned\u0007")")), "is left out", End::kSkipped},
        {"a name that turns the direction", and_also(rename(R"("a\u202eb")")), "is left out", End::kSkipped},
        {"a name of nothing", and_also(rename(R"("")")), "is left out", End::kSkipped},
        {"a name that is a path", and_also(rename(R"("../../etc/passwd")")), "is left out", End::kSkipped},
        {"a name of 64 letters", and_also(rename(fmt::format("\"{}\"", std::string(64, 'a')))), "is left out", End::kSkipped},
        {"a newcomer with the server's key", with(peer(9, "mallory", "10.66.1.9", server_key)), "", End::kAccepted, kDevice},
        {"a newcomer with our own key", with(peer(9, "mallory", "10.66.1.9", own_key.public_key())), "", End::kAccepted, kDevice},
        {"a newcomer with bob's key", with(peer(9, "mallory", "10.66.1.9", state.peers[2].public_key)), "", End::kAccepted, kDevice},
        {"a state without us", changed([](State& hostile) { hostile.peers.erase(hostile.peers.begin() + 1); }), "", End::kAccepted,
         kDevice},
        {"a state without the server", changed([](State& hostile) { hostile.peers.erase(hostile.peers.begin()); }), "", End::kAccepted,
         kDevice},
        {"a state that removes everybody", changed([](State& hostile) { hostile.peers.clear(); }), "peer bob", End::kAccepted, kNothing},
        {"a state that disables everybody", changed([](State& hostile) {
           for (Peer& peer : hostile.peers) peer.is_disabled = true;
         }),
         "peer bob", End::kAccepted, kNothing},
    };
    for (const char* key : {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
      std::string newcomer = to_json(peer(9, "mallory", "10.66.1.9", new_key()));
      newcomer.replace(newcomer.find("\"public_key\":\"") + 14, 44, key);
      cases.push_back({fmt::format("the public key \"{}\"", key), and_also(newcomer), "is left out", End::kSkipped});
    }
    for (const char* outside : {"8.8.8.8", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "10.67.0.1", "::", "::1", "fd66::9"})
      cases.push_back(
          {fmt::format("a newcomer at {}", outside), with(peer(9, "mallory", outside, new_key())), "outside of", End::kSkipped});
    return cases;
  }

  std::vector<Case> endpoints() {
    std::vector<Case> cases;
    for (const char* aimed :
         {"127.0.0.1:53", "[::1]:53", "[::ffff:127.0.0.1]:53", "0.0.0.0:1", "[::]:1", "255.255.255.255:9", "224.0.0.251:5353",
          "[ff02::fb]:5353", "10.66.0.1:51820", "10.66.1.3:1", "192.0.2.3:0", "localhost:53", "inside.example:1", "nobody.example:1"})
      cases.push_back({fmt::format("bob at {}", aimed), changed([&](State& hostile) { hostile.peers[2].endpoint = endpoint(aimed); }), "",
                       End::kSkipped, kAllButStore});
    for (const char* unreadable : {"", "192.0.2.66", "192.0.2.66:65536", "-ü:1", "a b:1"})
      cases.push_back({fmt::format("bob at \"{}\"", unreadable), with_member("endpoint", fmt::format("\"{}\"", unreadable)), "",
                       End::kSkipped, kAllButStore});
    return cases;
  }

  void expect(const Case& hostile, const Snapshot& before) {
    SCOPED_TRACE(hostile.what);
    to_state_answers(hostile.reply);
    ::testing::internal::CaptureStderr();
    const auto result = round();
    std::string said = ::testing::internal::GetCapturedStderr();
    if (!result) said += result.error().message();

    EXPECT_EQ(result.has_value(), hostile.end != End::kRefused) << said;
    if (result) {
      EXPECT_EQ(result->server_answered, hostile.end != End::kCached);
    }
    EXPECT_THAT(said, HasSubstr(hostile.says));
    EXPECT_TRUE(std::ranges::none_of(said, [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == '\x7f'; })) << quoted(said);
    const Snapshot after = snapshot();
    if (hostile.kept.device) {
      EXPECT_EQ(after.device, before.device);
    }
    if (hostile.kept.hosts) {
      EXPECT_EQ(after.hosts, before.hosts);
    }
    if (hostile.kept.store) {
      EXPECT_EQ(after.store, before.store);
    }
    for (const wg::Peer& there : device().peers)
      for (const IpNet& allowed : there.allowed_ips)
        EXPECT_TRUE(net("10.66.0.0/16").contains(allowed) || allowed.address() == server_ip()) << allowed.to_string();
    EXPECT_THAT(device_text(), HasSubstr(server_key.to_base64())) << "without it nothing can be asked any more";

    is_good_again();
    ::testing::internal::CaptureStderr();
    const auto recovered = round();
    ::testing::internal::GetCapturedStderr();
    ASSERT_TRUE(recovered) << recovered.error().message();
    EXPECT_EQ(device_text(), before.device) << "after a good answer";
    EXPECT_EQ(hosts(), before.hosts) << "after a good answer";
    ASSERT_TRUE(replace_file(options.folders.data_store(evilcorp()), before.store));
  }
};

TEST_F(HostileServerTest, LeavesDeviceHostsAndStoreAsTheyWereAndIsSaidToBe) {
  fake.names = {{"localhost", {ip("127.0.0.1")}}, {"inside.example", {ip("10.66.0.1")}}};
  ASSERT_TRUE(round());
  const Snapshot before = snapshot();
  std::size_t count = 0;
  for (const auto& cases : {bytes(), texts(), peers(), endpoints()}) {
    for (const Case& hostile : cases) expect(hostile, before);
    count += cases.size();
  }
  fmt::print("{} hostile answers\n", count);
}

// A daemon keeps what the server sent in its memory, and applies deltas to it.
TEST_F(HostileServerTest, NorDoItsDeltasGetFurther) {
  capabilities = R"({"state_etag":true,"state_delta":true})";
  const auto delta = [](std::string_view body) { return answer(226, body, "IM: innernet\r\nETag: \"x\"\r\n"); };
  const auto of_peer = [&](const Peer& changed) { return delta(fmt::format(R"({{"peers":[{}],"gone":[]}})", to_json(changed))); };
  Peer with_other_key = state.peers[2];
  with_other_key.public_key = new_key();
  Peer loopback = state.peers[2];
  loopback.endpoint = endpoint("127.0.0.1:53");
  const std::string bob = to_json(state.peers[2]);
  const Case cases[] = {
      {"another key for a known address", of_peer(with_other_key), "somebody may pretend"},
      {"bob's address for a newcomer", of_peer(peer(9, "mallory", "10.66.1.3", new_key())), "to two peers"},
      {"an address outside", of_peer(peer(9, "mallory", "8.8.8.8", new_key())), "outside of", End::kSkipped},
      {"an endpoint on this machine", of_peer(loopback), "", End::kSkipped, kAllButStore},
      {"one that is not of the protocol", answer(226, R"({"peers":[],"gone":[3]})"), "not asked for"},
      {"one without its list of those who are gone", delta(R"({"peers":[]})"), "gone is missing"},
      {"texts as ids", delta(R"({"peers":[],"gone":["3"]})"), "gone"},
      {"ids that are too large", delta(R"({"peers":[],"gone":[9223372036854775808]})"), "gone"},
      {"an end of all", delta(R"({"peers":[],"gone":[1,2,3]})"), "peer bob", End::kAccepted, kNothing},
      {"those who were never there are gone", delta(R"({"peers":[],"gone":[-9223372036854775808,0,77,9223372036854775807]})"), "",
       End::kAccepted},
      {"bob comes and goes at once", delta(fmt::format(R"({{"peers":[{}],"gone":[3]}})", bob)), "", End::kAccepted, kAllButStore},
      {"bob comes twice", delta(fmt::format(R"({{"peers":[{},{}],"gone":[]}})", bob, to_json(with_other_key))), "", End::kAccepted},
  };
  ASSERT_TRUE(round());
  const Snapshot before = snapshot();
  for (const Case& hostile : cases) {
    SCOPED_TRACE(hostile.what);
    FetchMemory memory;
    ASSERT_TRUE(round(memory, Caller::kDaemon));
    to_state_answers(hostile.reply);
    ::testing::internal::CaptureStderr();
    const auto result = round(memory, Caller::kDaemon);
    std::string said = ::testing::internal::GetCapturedStderr();
    if (!result) said += result.error().message();
    EXPECT_EQ(result.has_value(), hostile.end != End::kRefused) << said;
    EXPECT_THAT(said, HasSubstr(hostile.says));
    const Snapshot after = snapshot();
    if (hostile.kept.device) {
      EXPECT_EQ(after.device, before.device);
    }
    if (hostile.kept.hosts) {
      EXPECT_EQ(after.hosts, before.hosts);
    }
    if (hostile.kept.store) {
      EXPECT_EQ(after.store, before.store);
    }
    is_good_again();
    const auto recovered = round(memory, Caller::kDaemon);
    ASSERT_TRUE(recovered) << recovered.error().message();
    EXPECT_EQ(device_text(), before.device) << "after a good answer";
    EXPECT_EQ(hosts(), before.hosts) << "after a good answer";
    ASSERT_TRUE(replace_file(options.folders.data_store(evilcorp()), before.store));
  }
  fmt::print("{} hostile deltas\n", std::size(cases));
}

TEST_F(HostileServerTest, WhoWasRemovedComesBackUnderNoOtherKey) {
  ASSERT_TRUE(round());
  to_state_answers(changed([](State& hostile) { hostile.peers.clear(); }));
  ASSERT_TRUE(round());
  to_state_answers(changed([](State& hostile) { hostile.peers[2].public_key = new_key(); }));
  const auto result = round();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("somebody may pretend"));
}

TEST_F(HostileServerTest, GrowsNoStateWithoutBoundByDeltas) {
  capabilities = R"({"state_etag":true,"state_delta":true})";
  FetchMemory memory;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  const Snapshot before = snapshot();
  // As if earlier deltas had brought them.
  memory.state.peers.resize(kMostInList, state.peers[2]);
  to_state_answers(answer(226, fmt::format(R"({{"peers":[{}],"gone":[]}})", to_json(peer(9, "mallory", "10.66.1.9", new_key()))),
                          "IM: innernet\r\nETag: \"x\"\r\n"));
  const auto result = round(memory, Caller::kDaemon);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("more than 262144 peers"));
  EXPECT_EQ(snapshot(), before);
  is_good_again();
  EXPECT_TRUE(round(memory, Caller::kDaemon));
}

}  // namespace
}  // namespace innernet::client
