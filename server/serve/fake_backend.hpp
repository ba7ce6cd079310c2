#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "innernet/wireguard/backend.hpp"

namespace innernet::server::testing {

/// A device in memory, which writes down what was asked of it. Tests look at it from their own thread.
class FakeBackend final : public wg::Backend {
 public:
  wg::BackendKind kind() const override { return wg::BackendKind::kUserspace; }

  std::optional<std::size_t> max_peers() const override { return most; }

  Result<std::vector<InterfaceName>> list() override {
    const std::lock_guard lock(mutex_);
    std::vector<InterfaceName> names;
    for (const auto& [name, device] : devices_) names.push_back(name);
    return names;
  }

  Result<wg::Device> get(const InterfaceName& name) override {
    if (before_get) before_get();
    const std::lock_guard lock(mutex_);
    const auto found = devices_.find(name);
    if (found == devices_.end()) return fail(ErrorKind::kNotFound, name.str() + ": No such device");
    return found->second;
  }

  Result<void> create(const InterfaceName& name) override {
    const std::lock_guard lock(mutex_);
    if (!devices_.emplace(name, wg::Device{.name = name}).second) return fail(ErrorKind::kAlreadyExists, name.str() + " exists");
    return {};
  }

  Result<void> apply(const InterfaceName& name, const wg::DeviceUpdate& update) override {
    if (before_apply) before_apply(update);
    const std::lock_guard lock(mutex_);
    const auto found = devices_.find(name);
    if (found == devices_.end()) return fail(ErrorKind::kNotFound, name.str() + ": No such device");
    if (failing_) return fail(ErrorKind::kSystem, name.str() + ": refused by the test");
    wg::Device& device = found->second;
    if (update.listen_port && *update.listen_port == taken_port_) {
      device.listen_port = 0;  // as wireguard-go has it
      return fail(ErrorKind::kSystem, name.str() + ": the port is in use");
    }
    if (most && too_many(device, update)) return fail(ErrorKind::kSystem, name.str() + ": Invalid argument");
    updates_.push_back(update);
    if (update.private_key) {
      device.private_key = update.private_key;
      device.public_key = update.private_key->public_key();
    }
    if (update.listen_port) device.listen_port = *update.listen_port;
    if (update.replace_peers) device.peers.clear();
    for (const wg::PeerUpdate& change : update.peers) change_peer(device, change);
    return {};
  }

  Result<void> remove(const InterfaceName& name) override {
    const std::lock_guard lock(mutex_);
    if (devices_.erase(name) == 0) return fail(ErrorKind::kNotFound, name.str() + ": No such device");
    return {};
  }

  // What tests do and see.

  std::optional<wg::Peer> peer(const InterfaceName& name, const wg::PublicKey& key) {
    const auto device = get_quietly(name);
    if (!device) return std::nullopt;
    const auto found = std::ranges::find(device->peers, key, &wg::Peer::public_key);
    return found == device->peers.end() ? std::nullopt : std::optional(*found);
  }
  std::optional<wg::Device> get_quietly(const InterfaceName& name) {
    const std::lock_guard lock(mutex_);
    const auto found = devices_.find(name);
    return found == devices_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<wg::DeviceUpdate> updates() {
    const std::lock_guard lock(mutex_);
    return updates_;
  }
  void see(const InterfaceName& name, const wg::PublicKey& key, const SocketAddress& endpoint) {
    const std::lock_guard lock(mutex_);
    for (wg::Peer& peer : devices_.at(name).peers)
      if (peer.public_key == key) peer.endpoint = endpoint, peer.last_handshake = WallTime(std::chrono::hours(1));
  }
  void set_failing(bool failing) {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }

  void set_taken_port(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    taken_port_ = port;
  }

  /// Peers of a device. Set it before there is a thread that asks.
  std::optional<std::size_t> most;
  /// Called on the thread that asks, before the lock is taken. Set them before there is such a thread.
  std::function<void()> before_get;
  std::function<void(const wg::DeviceUpdate&)> before_apply;

 private:
  bool too_many(wg::Device device, const wg::DeviceUpdate& update) const {
    if (update.replace_peers) device.peers.clear();
    for (const wg::PeerUpdate& change : update.peers) {
      change_peer(device, change);
      if (device.peers.size() > *most) return true;
    }
    return false;
  }

  static void change_peer(wg::Device& device, const wg::PeerUpdate& change) {
    auto peer = std::ranges::find(device.peers, change.public_key, &wg::Peer::public_key);
    if (change.remove) {
      if (peer != device.peers.end()) device.peers.erase(peer);
      return;
    }
    if (peer == device.peers.end()) {
      if (change.update_only) return;
      device.peers.emplace_back();
      peer = device.peers.end() - 1;
      peer->public_key = change.public_key;
    }
    if (change.replace_allowed_ips) peer->allowed_ips.clear();
    // An allowed IP belongs to one peer of a device, the last that was given it.
    for (const IpNet& net : change.allowed_ips) {
      for (wg::Peer& other : device.peers) std::erase(other.allowed_ips, net);
      peer->allowed_ips.push_back(net);
    }
    if (change.endpoint) peer->endpoint = change.endpoint;
    if (change.persistent_keepalive) peer->persistent_keepalive = *change.persistent_keepalive;
    if (change.preshared_key) peer->preshared_key.reset();
  }

  std::mutex mutex_;
  std::map<InterfaceName, wg::Device> devices_;
  std::vector<wg::DeviceUpdate> updates_;
  bool failing_ = false;
  std::optional<std::uint16_t> taken_port_;
};

}  // namespace innernet::server::testing
