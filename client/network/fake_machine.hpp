#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "innernet/machine/network_stack.hpp"
#include "innernet/testing/fake_clock.hpp"
#include "innernet/wireguard/backend.hpp"
#include "machine.hpp"

namespace innernet::client::testing {

/// WireGuard in memory. The test's server reads it from a thread of its own.
class FakeBackend final : public wg::Backend {
 public:
  wg::BackendKind kind() const override { return wg::BackendKind::kKernel; }
  Result<std::vector<InterfaceName>> list() override {
    std::vector<InterfaceName> names;
    for (const auto& [name, device] : devices_) names.push_back(name);
    return names;
  }
  Result<wg::Device> get(const InterfaceName& name) override {
    const std::lock_guard lock(mutex_);
    const auto found = devices_.find(name);
    if (found == devices_.end()) return fail(ErrorKind::kNotFound, "no such interface");
    return found->second;
  }
  Result<void> create(const InterfaceName& name) override {
    const std::lock_guard lock(mutex_);
    wg::Device device{.name = name, .private_key = {}, .public_key = {}, .listen_port = 40000, .peers = {}};
    if (!devices_.emplace(name, std::move(device)).second) return fail(ErrorKind::kAlreadyExists, "exists");
    return {};
  }
  Result<void> apply(const InterfaceName& name, const wg::DeviceUpdate& update) override {
    if (update.empty()) return {};
    {
      const std::lock_guard lock(mutex_);
      if (fails) return fail(ErrorKind::kSystem, "the device refuses");
      const auto found = devices_.find(name);
      if (found == devices_.end()) return fail(ErrorKind::kNotFound, "no such interface");
      if (update.listen_port && update.listen_port == taken_port) {
        found->second.listen_port = 0;
        return fail(ErrorKind::kSystem, "the port is in use");
      }
      updates.push_back(update);
      change(found->second, update);
    }
    if (on_apply) on_apply();
    return {};
  }
  Result<void> remove(const InterfaceName& name) override {
    const std::lock_guard lock(mutex_);
    if (stays) return fail(ErrorKind::kSystem, "the device stays");
    if (devices_.erase(name) == 0) return fail(ErrorKind::kNotFound, "no such interface");
    return {};
  }

  bool has(const InterfaceName& name) {
    const std::lock_guard lock(mutex_);
    return devices_.contains(name);
  }
  void change_device(const InterfaceName& name, const std::function<void(wg::Device&)>& change) {
    const std::lock_guard lock(mutex_);
    change(devices_.at(name));
  }

  std::vector<wg::DeviceUpdate> updates;  ///< set messages, as it were
  bool fails = false;
  bool stays = false;
  std::optional<std::uint16_t> taken_port;
  std::function<void()> on_apply;

 private:
  static void change(wg::Device& device, const wg::DeviceUpdate& update) {
    if (update.private_key) {
      device.private_key = update.private_key;
      device.public_key = update.private_key->public_key();
    }
    if (update.listen_port) device.listen_port = *update.listen_port == 0 ? 40000 : *update.listen_port;
    if (update.replace_peers) device.peers.clear();
    std::map<wg::PublicKey, std::size_t> index;
    for (std::size_t i = 0; i < device.peers.size(); ++i) index.emplace(device.peers[i].public_key, i);
    std::set<wg::PublicKey> gone;
    for (const wg::PeerUpdate& peer : update.peers) {
      auto found = index.find(peer.public_key);
      if (peer.remove) {
        if (found != index.end()) {
          gone.insert(peer.public_key);
          device.peers[found->second].allowed_ips.clear();
          device.peers[found->second].last_handshake.reset();
          device.peers[found->second].endpoint.reset();
        }
        continue;
      }
      if (found == index.end()) {
        if (peer.update_only) continue;
        device.peers.push_back(
            {.public_key = peer.public_key, .preshared_key = {}, .endpoint = {}, .allowed_ips = {}, .last_handshake = {}});
        found = index.emplace(peer.public_key, device.peers.size() - 1).first;
      }
      gone.erase(peer.public_key);
      wg::Peer& there = device.peers[found->second];
      if (peer.replace_allowed_ips) there.allowed_ips.clear();
      there.allowed_ips.insert(there.allowed_ips.end(), peer.allowed_ips.begin(), peer.allowed_ips.end());
      if (peer.endpoint) there.endpoint = peer.endpoint;
      if (peer.persistent_keepalive) there.persistent_keepalive = *peer.persistent_keepalive;
    }
    std::erase_if(device.peers, [&](const wg::Peer& peer) { return gone.contains(peer.public_key); });
  }

  std::mutex mutex_;
  std::map<InterfaceName, wg::Device> devices_;
};

/// Links are the backend's devices, and those that a test puts beside them.
class FakeStack final : public NetworkStack {
 public:
  explicit FakeStack(FakeBackend& backend) : backend_(backend) {}

  Result<std::optional<Link>> find_link(const InterfaceName& name) override {
    if (foreign.contains(name.str())) return Link{.index = 99, .name = name, .kind = LinkKind::kOther, .is_up = true};
    if (!backend_.has(name)) {
      configured_.erase(name);  // a link takes its address and routes with it
      return std::nullopt;
    }
    return Link{.index = 7, .name = name, .kind = LinkKind::kWireguard, .is_up = configured_.contains(name)};
  }
  Result<std::vector<Link>> list_links() override { return std::vector<Link>(); }
  Result<std::vector<LinkAddress>> list_addresses() override {
    std::vector<LinkAddress> list;
    for (const auto& [name, net] : configured_) list.push_back({.link_index = 7, .net = net, .label = {}});
    return list;
  }
  Result<void> set_address(const InterfaceName& name, const IpNet& address) override {
    if (refuses) return fail(ErrorKind::kSystem, "the link refuses");
    configured_.insert_or_assign(name, address);
    return {};
  }
  Result<void> set_link_up(const InterfaceName&, std::uint32_t) override { return {}; }
  Result<void> add_route(const InterfaceName&, const IpNet&) override { return {}; }
  Result<bool> has_route(const InterfaceName&, const IpNet&) override { return true; }

  void take_address_from(const InterfaceName& name) { configured_.erase(name); }

  std::set<std::string> foreign;
  bool refuses = false;

 private:
  FakeBackend& backend_;
  std::map<InterfaceName, IpNet> configured_;
};

/// Waiting only moves the clock.
class FakeWait final : public Wait {
 public:
  const Clock& clock() const override { return clock_; }
  bool stopped() const override { return is_stopped; }
  bool until(BootTime deadline) override {
    if (is_stopped) return false;
    if (deadline > clock_.boot()) clock_.advance(deadline - clock_.boot());
    if (on_wait) on_wait();
    return !is_stopped;
  }

  innernet::testing::FakeClock clock_;
  bool is_stopped = false;
  std::function<void()> on_wait;
};

struct FakeMachine {
  FakeBackend backend;
  FakeStack stack{backend};
  std::map<std::string, std::vector<IpAddress>> names;  ///< that can be looked up; changed between look-ups only
  Resolver resolver{[this](const std::string& name) { return names.contains(name) ? names.at(name) : std::vector<IpAddress>(); }};
  FakeWait wait;
  std::vector<IpAddress> addresses;
  std::function<void(const IpAddress&)> on_poke = [](const IpAddress&) {};

  Machine machine() {
    return {.backend = backend,
            .stack = stack,
            .resolver = resolver,
            .wait = wait,
            .stop = nullptr,
            .local_addresses = [this] { return Result<std::vector<IpAddress>>(addresses); },
            .poke = [this](const IpAddress& to) { on_poke(to); },
            .server_on_loopback = true};
  }
};

}  // namespace innernet::client::testing
