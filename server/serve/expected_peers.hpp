#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>

#include "innernet/wireguard/device.hpp"

namespace innernet::server {

/// The peers that a device has after all that it was given, so that one look tells whether somebody else has changed them. Not where they
/// are: an endpoint is the device's own news.
class ExpectedPeers {
 public:
  /// Nothing is expected until set(): something was refused, so nobody knows.
  void forget() { peers_.reset(); }
  void set(std::span<const wg::PeerUpdate> wanted);
  void change(std::span<const wg::PeerUpdate> updates);

  /// How many there will be; none when nothing is known.
  std::optional<std::size_t> size_after(std::span<const wg::PeerUpdate> updates) const;
  /// True, too, when nothing is known.
  bool are(std::span<const wg::Peer> on_device) const;

 private:
  // Allowed IPs and keep-alive in 8 bytes: a hundred thousand peers are to cost few megabytes.
  std::optional<std::unordered_map<wg::PublicKey, std::size_t>> peers_;
};

}  // namespace innernet::server
