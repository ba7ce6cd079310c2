#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "innernet/values/peer.hpp"

// Networks for tests and benchmarks.
namespace innernet::testing {

/// A key that is valid and belongs to `n` alone.
inline wg::PublicKey sample_key(std::uint64_t n) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  bytes[0] = 9;  // no small number is a point of low order but 0 and 1
  for (std::size_t i = 0; i < 8; ++i) bytes[8 + i] = static_cast<std::uint8_t>(n >> (8 * i));
  return wg::PublicKey::from_bytes(bytes);
}

inline IpAddress sample_ip(std::uint64_t n) { return *IpAddress::parse("10.66.0.1")->plus(n); }

/// Calls `visit` with the name of each member of a peer, and with the member in `a` and in `b`. A member that is missing here does not
/// compile; one that is forgotten elsewhere makes the tests fail that go over all of them.
template <class Visit>
void for_each_member(PeerContents& a, PeerContents& b, Visit visit) {
  auto& [name_a, ip_a, cidr_a, key_a, admin_a, disabled_a, redeemed_a, expires_a, relays_a] = static_cast<PeerFacts&>(a);
  auto& [name_b, ip_b, cidr_b, key_b, admin_b, disabled_b, redeemed_b, expires_b, relays_b] = static_cast<PeerFacts&>(b);
  visit("name", name_a, name_b);
  visit("ip", ip_a, ip_b);
  visit("cidr_id", cidr_a, cidr_b);
  visit("public_key", key_a, key_b);
  visit("is_admin", admin_a, admin_b);
  visit("is_disabled", disabled_a, disabled_b);
  visit("is_redeemed", redeemed_a, redeemed_b);
  visit("invite_expires", expires_a, expires_b);
  visit("is_relay", relays_a, relays_b);
  auto& [endpoint_a, keepalive_a, candidates_a, relay_a, distances_a] = static_cast<PeerObservations&>(a);
  auto& [endpoint_b, keepalive_b, candidates_b, relay_b, distances_b] = static_cast<PeerObservations&>(b);
  visit("endpoint", endpoint_a, endpoint_b);
  visit("persistent_keepalive_interval", keepalive_a, keepalive_b);
  visit("candidates", candidates_a, candidates_b);
  visit("relay", relay_a, relay_b);
  visit("relay_distances", distances_a, distances_b);
}

/// `peer` with one member of `other`, for each member.
inline std::vector<std::pair<std::string, PeerContents>> with_each_member_of(PeerContents other, PeerContents peer) {
  std::vector<std::pair<std::string, PeerContents>> all;
  for_each_member(peer, other, [&](const char* name, auto& own, auto& others) {
    std::swap(own, others);
    all.emplace_back(name, peer);
    std::swap(own, others);
  });
  return all;
}

/// A peer as a server answers it: endpoint, keep-alive, one candidate.
inline Peer sample_peer(std::int64_t id) {
  const auto n = static_cast<std::uint64_t>(id);
  const Endpoint endpoint = *Endpoint::parse("198.51.100." + std::to_string(n % 250) + ":51820");
  return Peer{PeerContents{{.name = *Hostname::parse("peer-" + std::to_string(id)),
                            .ip = sample_ip(n),
                            .cidr_id = CidrId{3 + id % 200},
                            .public_key = sample_key(n),
                            .is_admin = id % 100 == 0,
                            .is_redeemed = true,
                            .invite_expires = UnixTime{1'795'363'000 + n, 0}},
                           {.endpoint = endpoint, .persistent_keepalive_interval = kPersistentKeepalive, .candidates = {endpoint}}},
              PeerId{id}};
}

inline State sample_state(std::int64_t peers, std::int64_t cidrs) {
  State state;
  for (std::int64_t id = 1; id <= peers; ++id) state.peers.push_back(sample_peer(id));
  for (std::int64_t id = 1; id <= cidrs; ++id) {
    const auto net = IpNet::make(sample_ip(static_cast<std::uint64_t>(id) << 8U), 24)->truncated();
    state.cidrs.push_back(
        Cidr{CidrContents{"cidr-" + std::to_string(id), net, id == 1 ? std::nullopt : std::optional(kRootCidr)}, CidrId{id}});
  }
  return state;
}

/// Anything that the types allow, corner values more often than not.
class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint32_t seed) : random_(seed) {}

  State state() {
    State state;
    for (std::uint64_t i = below(6); i > 0; --i) state.peers.push_back(Peer{peer(), PeerId{id()}});
    for (std::uint64_t i = below(6); i > 0; --i) state.cidrs.push_back(Cidr{cidr(), CidrId{id()}});
    return state;
  }
  PeerContents peer() {
    PeerContents peer = sample_peer(1);
    for_each_member(peer, peer, [this](const char*, auto& member, auto&) { become_any(member); });
    return peer;
  }
  CidrContents cidr() {
    const IpAddress address = ip();
    return {text(), *IpNet::make(address, static_cast<std::uint8_t>(below(address.bits() + 1ULL))),
            coin() ? std::nullopt : std::optional(CidrId{id()})};
  }
  Endpoint endpoint() {
    const std::string port = ":" + std::to_string(below(65536));
    if (coin()) return *Endpoint::parse("host-" + std::to_string(below(9)) + ".example" + port);
    const IpAddress address = ip();
    return *Endpoint::parse((address.is_v6() ? "[" + address.to_string() + "]" : address.to_string()) + port);
  }
  IpAddress ip() {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(coin() ? 0 : coin() ? 255 : below(256));
    return coin() ? IpAddress::v6(bytes) : IpAddress::v4(std::span(bytes).first<4>());
  }
  Hostname hostname() {
    std::string name = "a";
    for (std::uint64_t i = below(30); i > 0; --i) name += coin() ? "-z" : std::string(1, static_cast<char>('0' + below(10)));
    return *Hostname::parse(name);
  }
  /// Any valid UTF-8, with all that JSON and TOML escape.
  std::string text() {
    static constexpr std::string_view kPieces[] = {"a", "\"", "\\", "\n", "\t", "\x01", "\x1f",   "\x7f",   "/",
                                                   "é", "€",  "😀", "#",  "=",  "'",    "\u0085", "\u2028", " "};
    std::string out;
    for (std::uint64_t i = below(12); i > 0; --i) out += kPieces[below(std::size(kPieces))];
    return out;
  }
  std::int64_t id() {
    return coin() ? static_cast<std::int64_t>(below(100)) : coin() ? INT64_MAX : INT64_MIN + static_cast<std::int64_t>(below(9));
  }
  bool coin() { return random_() % 2 == 0; }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

 private:
  void become_any(Hostname& name) { name = hostname(); }
  void become_any(IpAddress& address) { address = ip(); }
  void become_any(CidrId& cidr_id) { cidr_id = CidrId{id()}; }
  void become_any(wg::PublicKey& key) { key = sample_key(random_()); }
  void become_any(bool& flag) { flag = coin(); }
  void become_any(std::optional<std::uint16_t>& number) {
    number = coin() ? std::nullopt : std::optional(static_cast<std::uint16_t>(coin() ? 65535 : below(65536)));
  }
  void become_any(std::optional<UnixTime>& time) {
    time = coin() ? std::nullopt
                  : std::optional(
                        UnixTime{coin() ? 9223372036854775807ULL : below(1ULL << 40U), static_cast<std::uint32_t>(below(1'000'000'000))});
  }
  void become_any(std::optional<Endpoint>& there) { there = coin() ? std::nullopt : std::optional(endpoint()); }
  void become_any(std::optional<RelayOfPeer>& relay) {
    relay = coin() ? std::nullopt
                   : std::optional(RelayOfPeer{.public_key = sample_key(random_()), .port = static_cast<std::uint16_t>(1 + below(65535))});
  }
  void become_any(std::vector<RelayDistance>& distances) {
    distances.clear();
    for (std::uint64_t i = below(4); i > 0; --i)
      distances.push_back({.relay = PeerId{id()}, .milliseconds = static_cast<std::uint16_t>(coin() ? 65535 : below(65536))});
  }
  void become_any(std::vector<Endpoint>& list) {
    list.clear();
    for (std::uint64_t i = below(4); i > 0; --i) list.push_back(endpoint());
  }

  std::mt19937_64 random_;
};

}  // namespace innernet::testing
