#pragma once

#include <array>
#include <map>
#include <memory>
#include <random>

#include "engine.hpp"
#include "test_peer.hpp"
#include "wireguard.hpp"

namespace innernet::simulation {

/// Of the relay that a peer's machine runs, if it runs one.
inline Identity relay_identity(Identity peer) { return 2'000'000 + peer; }
inline wg::PrivateKey relay_key(Identity peer) {
  std::array<std::uint8_t, 32> bytes{0x60};  // X25519 ignores the last three bits
  for (std::size_t i = 0; i < 4; ++i) bytes[i + 1] = static_cast<std::uint8_t>(peer >> 8U * i);
  return wg::PrivateKey::from_bytes(bytes);
}

/// The real relay (relay::Engine) on a host. What it looks at is real: indices, mac1, and all of the handshakes with itself. What it passes
/// on unread is hollow.
class RelayHost {
 public:
  /// Members have the keys of relay::TestPeer with their identity as its number.
  RelayHost(Events& events, Internet& internet, Host& host, const Identities& identities, Identity self, const wg::PrivateKey& key,
            std::uint16_t port, std::uint64_t seed);

  void receive(const Packet& packet);
  /// It has forgotten all.
  void restart();
  void stop() { engine_.reset(); }
  void set_membership(std::shared_ptr<const relay::Membership> membership) {
    if (engine_) engine_->set_membership(std::move(membership), events_.now());
  }
  relay::Engine* engine() const { return engine_.get(); }
  Host& host() const { return host_; }
  std::uint16_t port() const { return port_; }

 private:
  relay::TestPeer& member(Identity identity);

  Events& events_;
  Internet& internet_;
  Host& host_;
  const Identities& identities_;
  Identity self_;
  wg::PrivateKey key_;
  std::uint16_t port_;
  std::mt19937_64 random_;
  std::unique_ptr<relay::Engine> engine_;
  std::map<Identity, relay::TestPeer> members_;
  std::map<std::uint64_t, Identity> sessions_;  // with the relay
  std::uint64_t next_session_ = 1;
};

}  // namespace innernet::simulation
