#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "innernet/server/message.hpp"
#include "innernet/wireguard/backend.hpp"

namespace innernet::server {

/// The thread for the WireGuard device, which can block. It exchanges values with the loop and shares
/// nothing. Jobs run in the order in which they were given; what a synchronization has to change follows in slices
/// whenever no job waits, so that a new peer or a changed key need not wait for ten thousand others.
class DeviceWorker {
 public:
  using Post = std::function<void(std::function<void()>)>;
  using Done = std::function<void(Result<void>)>;
  struct Synchronization {
    std::size_t corrected = 0;  ///< peers that were to be put right
    std::size_t left_out = 0;   ///< peers for which the device has no room
  };
  using Synchronized = std::function<void(Result<Synchronization>)>;
  using Endpoints = std::vector<std::pair<wg::PublicKey, SocketAddress>>;
  /// What one look at the device has shown.
  struct Look {
    Endpoints endpoints;
    std::optional<wg::PublicKey> public_key;  ///< none: it has no private key
    std::uint16_t listen_port = 0;
    bool has_expected_peers = true;  ///< those that it was given; somebody else has changed them if not
  };

  static constexpr std::size_t kSlice = 256;  ///< peers of one update

  /// `post` brings the answers to the loop. The worker alone uses `backend` from here on.
  DeviceWorker(wg::Backend& backend, InterfaceName interface, Post post);
  DeviceWorker(const DeviceWorker&) = delete;
  DeviceWorker& operator=(const DeviceWorker&) = delete;
  /// Waits for the jobs that were given; drops the slices that are left, which the next start finds again.
  ~DeviceWorker();

  /// From now on no job is begun and no slice given after this time; what is left the next start finds. A device that does not answer takes
  /// half a minute for each.
  void leave_after(std::chrono::milliseconds patience);

  /// Brings the whole device in line with `wanted`. `first_slice_in` is told after the first slice (or that there is nothing to do), with
  /// where the device has seen those that it had; `done` after the last or at the first failure. A later synchronization replaces what is
  /// left of an earlier one, which then tells nobody.
  void synchronize(std::vector<wg::PeerUpdate> wanted, std::function<void(Result<Endpoints>)> first_slice_in, Synchronized done);
  /// In order. An update of nothing but an endpoint is for a device that has none that works. These peers are taken out of what is left of
  /// a synchronization: they are newer.
  void apply(std::vector<wg::PeerUpdate> updates, Done done);
  /// One update: the old key out, `peer`, if there is one, in. It must not have an endpoint: only the peer begins the next handshake.
  void change_key(const wg::PublicKey& old_key, std::optional<wg::PeerUpdate> peer, Done done);
  void look(std::function<void(Result<Look>)> done);
  /// Anything else that is done to the device.
  void run(std::function<Result<void>()> job, Done done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace innernet::server
