#pragma once

#include <map>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

#include "events.hpp"
#include "innernet/wireguard/device.hpp"
#include "internet.hpp"
#include "message.hpp"

namespace innernet::simulation {

/// Whose keys there are.
class Identities {
 public:
  void add(Identity identity, const wg::PublicKey& key) {
    keys_.insert_or_assign(identity, key);
    numbers_.insert_or_assign(key, identity);
  }
  const wg::PublicKey& key(Identity identity) const { return keys_.at(identity); }
  Identity identity(const wg::PublicKey& key) const { return numbers_.at(key); }

 private:
  std::map<Identity, wg::PublicKey> keys_;
  std::map<wg::PublicKey, Identity> numbers_;
};

/// A kernel's WireGuard as far as ways matter: timers.c, receive.c, send.c and noise.c of Linux without their cryptography. What it does
/// in vain, and for how long, is what our decisions have to live with.
class WireGuard {
 public:
  WireGuard(Events& events, Internet& internet, Host& host, const Identities& identities, Identity self, std::uint16_t port,
            std::uint64_t seed);
  WireGuard(const WireGuard&) = delete;
  WireGuard& operator=(const WireGuard&) = delete;

  wg::Device get() const;
  void apply(const wg::DeviceUpdate& update);
  /// As a reboot.
  void clear();
  void receive(const Packet& packet);
  /// Into the tunnel.
  void send(Identity peer, Payload payload);

  bool has_peer(Identity peer) const { return peers_.contains(peer); }
  struct Way {
    SocketAddress to;
    std::uint64_t session = 0;
    std::uint32_t receiver = 0;  ///< the peer's index
  };
  /// How data would be sent to it now; none without a session.
  std::optional<Way> way_to(Identity peer) const;
  bool accepts(Identity peer, std::uint64_t session) const;

  std::chrono::nanoseconds wall_offset{};
  std::function<void()> on_handshake = [] {};
  std::function<void(Identity from)> on_data = [](Identity) {};
  std::uint16_t port() const { return port_; }
  std::uint64_t initiations = 0;

 private:
  struct Keypair {
    std::uint64_t session = 0;
    std::uint32_t local = 0, remote = 0;
    bool is_initiator = false;
    BootTime made{};
  };
  struct Peer {
    Identity identity = 0;
    std::uint64_t serial = 0;  // another one when it is added anew
    std::optional<wg::PresharedKey> preshared_key{};
    std::optional<SocketAddress> endpoint{};
    std::uint16_t keepalive = 0;
    std::vector<IpNet> allowed_ips{};
    std::optional<std::uint32_t> handshake{};  // the index of an initiation that is under way
    std::optional<BootTime> last_sent_handshake{};
    int attempts = 0;
    std::uint64_t latest_timestamp = 0;
    std::optional<BootTime> last_consumed{};
    std::optional<Keypair> current{}, previous{}, next{};
    bool sent_last_minute_handshake = false;
    std::vector<Payload> staged{};
    std::optional<WallTime> last_handshake{};
    std::uint64_t received_bytes = 0, sent_bytes = 0;
    // Timers
    std::optional<BootTime> retransmit{}, passive_keepalive{}, new_handshake{}, persistent{};
    bool need_another_keepalive = false;
    std::optional<BootTime> armed{};
  };

  void stage(Peer& peer, Payload payload);
  void send_staged(Peer& peer);
  void send_keepalive(Peer& peer);
  void initiate(Peer& peer, bool is_retry);
  void transmit(Peer& peer, const Message& message, std::uint64_t size);
  void on_initiation(const Packet& packet);
  void on_response(const Packet& packet);
  void on_transport(const Packet& packet);
  void complete_handshake(Peer& peer);
  void authenticated_traversal(Peer& peer);
  void arm(Peer& peer);
  void run_timers(Peer& peer);
  std::uint32_t new_index(const Peer& peer);
  std::chrono::milliseconds jitter();
  Peer* find(Identity identity);
  const Peer* find(Identity identity) const;

  Events& events_;
  Internet& internet_;
  Host& host_;
  const Identities& identities_;
  Identity self_;
  std::uint16_t port_;
  std::mt19937_64 random_;
  std::unordered_map<Identity, Peer> peers_;
  std::vector<Identity> order_;
  std::unordered_map<std::uint32_t, Identity> indices_;
  std::uint64_t next_serial_ = 1;
  std::uint64_t timestamp_ = 1;
};

}  // namespace innernet::simulation
