#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "innernet/base/interface_name.hpp"
#include "innernet/client/nudge.hpp"
#include "innernet/client/stop.hpp"
#include "mapping_plan.hpp"
#include "router_client.hpp"

namespace innernet::client {

/// What has a port mapped is the machine's and the router's; of tests another's.
struct MapperSurroundings {
  std::function<Result<std::optional<Gateway>>(bool v6)> gateway = default_gateway;
  RouterPorts ports{};
  MappingTimes times{};
};

/// Keeps the WireGuard port of one network mapped on the own router, in a thread of its own: routers are slow, or say nothing, and nobody
/// waits for them. Nothing of it is kept on disk. What a process that was killed leaves on a router ends there by itself, within
/// MappingTimes::lifetime, and until then belongs to the next one with the same key.
class PortMapper {
 public:
  /// `on_change` is called from the thread whenever outside() has changed, or report() in more than that a mapping was renewed.
  static Result<std::unique_ptr<PortMapper>> start(const InterfaceName& network, std::function<void()> on_change,
                                                   MapperSurroundings surroundings = {});
  PortMapper(const PortMapper&) = delete;
  PortMapper& operator=(const PortMapper&) = delete;
  /// Withdraws what is mapped, which takes some seconds at most, and waits for the end of the thread.
  ~PortMapper();

  /// The port to map. `nonce` is the same for each process with the same key. The router is looked for anew, too.
  void want(std::uint16_t port, const PcpNonce& nonce);
  /// Addresses of this machine have changed.
  void network_changed();
  /// Where others reach this machine by what is mapped.
  std::vector<SocketAddress> outside() const;
  /// How it stands, for people.
  MappingReport report() const;

 private:
  PortMapper(Stop stop, Nudge nudge, InterfaceName network, std::function<void()> on_change, MapperSurroundings surroundings);
  struct Family {
    MappingPlan plan;
    std::optional<Gateway> place{};
    std::string told{};                    ///< that no router maps, and why; once each
    std::optional<HeldMapping> unknown{};  ///< asked for when we were stopped, before an answer came
  };
  void run();
  void look_after(RouterClient& client, Family& family, const PcpNonce& nonce);
  void map(RouterClient& client, Family& family, const AskToMap& ask, const PcpNonce& nonce);
  void withdraw(RouterClient& client, Family& family, const HeldMapping& mapping, const PcpNonce& nonce);
  void tell_change(const std::optional<HeldMapping>& before, Family& family);
  void hear_routers(int fd);
  void publish(std::uint16_t port);

  Stop stop_;
  Nudge nudge_;
  SystemClock clock_;
  InterfaceName network_;
  std::function<void()> on_change_;
  MapperSurroundings surroundings_;
  Family families_[2];  ///< IPv4 and IPv6

  mutable std::mutex mutex_;
  std::uint16_t port_ = 0;
  PcpNonce nonce_{};
  bool changed_ = false;
  std::vector<SocketAddress> outside_;
  MappingReport report_;

  std::thread thread_;
};

}  // namespace innernet::client
