#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "engine.hpp"
#include "innernet/json/json.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/testing/fake_clock.hpp"

namespace innernet::server::testing {

using innernet::testing::FakeClock;

inline wg::PublicKey key_of(std::uint32_t n) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  bytes.fill(7);
  for (std::size_t i = 0; i < 4; ++i) bytes[i + 4] = static_cast<std::uint8_t>(n >> (8 * i));
  return wg::PublicKey::from_bytes(bytes);
}

/// The same network over IPv4 and IPv6.
struct Family {
  bool v6 = false;

  IpAddress server() const { return must(IpAddress::parse(v6 ? "fd42::1" : "10.42.0.1")); }
  IpNet root() const { return must(IpNet::parse(v6 ? "fd42::/64" : "10.42.0.0/16")); }
  std::string net(unsigned n) const {
    return must(IpNet::parse(v6 ? fmt::format("fd42:0:0:0:{:x}::/80", n) : fmt::format("10.42.{}.0/24", n))).to_string();
  }
  std::string ip_text(unsigned n, unsigned host) const {
    return must(IpAddress::parse(v6 ? fmt::format("fd42:0:0:0:{:x}::{:x}", n, host) : fmt::format("10.42.{}.{}", n, host))).to_string();
  }
  IpAddress ip(unsigned n, unsigned host) const { return must(IpAddress::parse(ip_text(n, host))); }
  SocketAddress seen(std::uint8_t n, std::uint16_t port) const {
    return {must(IpAddress::parse(v6 ? fmt::format("2001:db8:1::{:x}", n) : fmt::format("192.0.2.{}", n))), port};
  }
};

inline PeerContents peer_contents(std::string_view name, const IpAddress& ip, CidrId cidr, std::uint32_t key) {
  return {{.name = must(Hostname::parse(name)), .ip = ip, .cidr_id = cidr, .public_key = key_of(key), .is_redeemed = true},
          {.persistent_keepalive_interval = kPersistentKeepalive}};
}

constexpr CidrId kHumans{3}, kRobots{4}, kIsland{5};
constexpr PeerId kAdmin{2}, kUser{3}, kGone{4}, kPending{5};

/// evilcorp: humans (admin) and robots (user, and gone, who is disabled) are associated; island holds an invitation, pending.
inline void make_database(const DatabaseLocation& path, const Family& family) {
  must(Registry::create(path, {"evilcorp", family.root(), family.server(), key_of(1), must(Endpoint::parse("192.0.2.1:51820"))}));
  auto registry = must(Registry::open(path));
  must(registry.write([&](Registry::Writer& writer) -> Result<void> {
    unsigned n = 0;
    for (const char* name : {"humans", "robots", "island"}) must(writer.add_cidr({name, must(IpNet::parse(family.net(++n))), kRootCidr}));
    auto admin = peer_contents("admin", family.ip(1, 1), kHumans, 2);
    admin.is_admin = true;
    must(writer.add_peer(admin));
    must(writer.add_peer(peer_contents("user", family.ip(2, 1), kRobots, 3)));
    auto gone = peer_contents("gone", family.ip(2, 2), kRobots, 4);
    gone.is_disabled = true;
    must(writer.add_peer(gone));
    auto pending = peer_contents("pending", family.ip(3, 1), kIsland, 5);
    pending.is_redeemed = false;
    pending.invite_expires = UnixTime{1'800'000'000, 0};
    must(writer.add_peer(pending));
    must(writer.add_association({kHumans, kRobots}));
    return {};
  }));
  must(registry.close());
}

/// A coordinator on a database of its own, and turns of one request.
class Server {
 public:
  explicit Server(const Family& network_family = {}) : Server(network_family, std::nullopt) {}
  /// There, if there is nothing yet.
  Server(const Family& network_family, std::optional<TestLocation> where)
      : family(network_family), path(where ? *where : new_location(folder)) {
    if (!is_there(path)) make_database(path, family);
    open();
  }
  void open() {
    coordinator.reset();
    options.server_key = key_of(1);
    options.clock = &clock;
    options.epoch = 0xabcd + starts++;
    coordinator.emplace(must(Coordinator::open(path, options)));
    coordinator->start([this] { wakes.add(); });
  }
  /// Others change the database, and it is seen that they have.
  void others(const std::function<void()>& change) {
    const PeerRecord* const before = coordinator->network().find_peer(kServerPeer);
    change();
    if (!kIsElsewhere) return;
    // What is read anew has its peers elsewhere.
    do {
      wakes.wait();
      must(coordinator->begin_turn());
      must(coordinator->end_turn());
    } while (coordinator->network().find_peer(kServerPeer) == before);
  }
  void others(std::string_view sql) {
    others([&] { foreign(path, sql); });
  }

  Request request(const IpAddress& from, std::string method, std::string target, std::optional<std::string> body = std::nullopt) const {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.source = from;
    request.server_key = key_of(1).to_base64();
    if (body) {
      request.body = *std::move(body);
      request.body_kind = Request::Body::kWhole;
    }
    return request;
  }
  Coordinator::Outcome outcome(Request request) {
    request.ticket = ++tickets;
    for (;;) {
      must(coordinator->begin_turn());
      auto result = coordinator->answer(request);
      must(coordinator->end_turn());
      if (!std::holds_alternative<Coordinator::Storing>(result)) return result;
      wakes.wait();
    }
  }
  Response ask(const Request& request) {
    auto result = outcome(request);
    if (auto* response = std::get_if<Response>(&result)) return std::move(*response);
    throw std::runtime_error("no answer");
  }
  Response ask(const IpAddress& from, std::string method, std::string target, std::optional<std::string> body = std::nullopt) {
    return ask(request(from, std::move(method), std::move(target), std::move(body)));
  }
  IpAddress admin() const { return family.ip(1, 1); }
  IpAddress user() const { return family.ip(2, 1); }
  IpAddress pending() const { return family.ip(3, 1); }

  TempDir folder;
  FakeClock clock;
  Family family;
  TestLocation path;
  Coordinator::Options options;  ///< as of the next open()
  std::uint64_t starts = 0, tickets = 0;
  Wakes wakes;
  std::optional<Coordinator> coordinator;  // goes before what it wakes
};

inline std::string body_of(const Response& response) { return response.body ? *response.body : std::string(); }
inline State state_of(const Response& response) {
  return must(parse_state(body_of(response), [](std::string_view) {}));
}
inline std::vector<std::int64_t> ids(const std::vector<Peer>& peers) {
  std::vector<std::int64_t> all;
  for (const Peer& peer : peers) all.push_back(number(peer.id));
  return all;
}

}  // namespace innernet::server::testing
