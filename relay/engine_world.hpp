#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine.hpp"
#include "test_peer.hpp"

// For tests of this room.
namespace innernet::relay {

using Bytes = std::vector<std::uint8_t>;

inline SocketAddress address(std::uint8_t host, std::uint16_t port = 51820) {
  return {.ip = IpAddress::v4(std::array<std::uint8_t, 4>{203, 0, 113, host}), .port = port};
}

struct Sent {
  SocketAddress to;
  Bytes bytes;
  IpAddress from{};

  friend bool operator==(const Sent&, const Sent&) = default;
};

inline Limits unlimited() {
  const Rate all{.packets = 1e9, .bytes = 1e12};
  return {.source = all,
          .pair = all,
          .relay = all,
          .own_handshakes_per_second = 1e6,
          .initiations_per_source_per_second = 1e6,
          .strange_initiations_per_second = 1e6,
          .strange_initiations_per_network = 1e6,
          .mac1_tries_per_second = 1e9,
          .mac1_tries_per_member = 1e9,
          .strange_mac1_tries_per_second = 1e9};
}

/// An engine, a clock, and peers 0, 1, …, each in a group of its own number.
class World {
 public:
  explicit World(const Limits& limits = {}, std::uint32_t count = 4, std::uint32_t seed = 1)
      : random_(seed),
        engine(
            wg::PrivateKey::from_bytes(std::array<std::uint8_t, 32>{0x42, 7}), limits,
            [this](std::span<std::uint8_t> out) {
              for (auto& byte : out) byte = chance.value_or(static_cast<std::uint8_t>(random_()));
            },
            now) {
    for (std::uint32_t i = 0; i < count; ++i) peers.emplace_back(i);
    std::vector<std::uint32_t> all;
    std::vector<GroupPair> pairs;
    for (std::uint32_t i = 0; i < count; ++i) {
      all.push_back(i);
      for (std::uint32_t j = 0; j < i; ++j) pairs.emplace_back(i, j);
    }
    set_membership(all, pairs);
  }

  void set_membership(const std::vector<std::uint32_t>& members, std::vector<GroupPair> pairs) {
    std::vector<Member> list;
    for (const std::uint32_t i : members) list.push_back({.key = peers[i].key(), .group = i});
    engine.set_membership(std::make_shared<const Membership>(std::move(list), std::move(pairs)), now);
  }

  std::optional<Sent> send(const SocketAddress& from, const Bytes& bytes, const IpAddress& local = IpAddress()) {
    const auto out = engine.on_packet(now, from, bytes, local);
    if (!out) return std::nullopt;
    return Sent{.to = out->to, .bytes = Bytes(out->bytes.begin(), out->bytes.end()), .from = out->from};
  }

  Bytes hello(std::uint32_t peer, std::uint32_t sender = 1) { return peers[peer].initiate(engine.public_key(), sender); }

  /// A handshake with the relay and the keepalive that confirms it.
  bool enlist(std::uint32_t peer, const SocketAddress& at, const IpAddress& local = IpAddress()) {
    const auto answer = send(at, hello(peer), local);
    if (!answer || answer->to != at || !peers[peer].accept(answer->bytes)) return false;
    send(at, peers[peer].keepalive(), local);
    return true;
  }

  Counters counters() { return snapshot().counters; }
  Snapshot snapshot() { return engine.snapshot(now, WallTime()); }
  std::optional<SocketAddress> where_is(std::uint32_t peer) {
    for (const Registered& one : snapshot().members)
      if (one.key == peers[peer].key()) return one.address;
    return std::nullopt;
  }
  void pass(std::chrono::milliseconds time) { now += time; }

 private:
  std::mt19937 random_;

 public:
  std::optional<std::uint8_t> chance{};  ///< set: what is random is this
  BootTime now{std::chrono::hours(5)};
  Engine engine;
  std::vector<TestPeer> peers;
};

}  // namespace innernet::relay
