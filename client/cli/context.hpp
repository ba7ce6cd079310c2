#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "innernet/client/options.hpp"
#include "innernet/client/round_trip.hpp"
#include "innernet/client/router_offer.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/command_line/context.hpp"
#include "innernet/values/endpoint.hpp"

namespace innernet::client {

/// The world as a command of innernet sees it.
struct Context : command_line::Context {
  const Stop& stop;
  bool colour = false;
  /// See wg::list_interfaces.
  std::function<Result<std::vector<wg::FoundInterface>>()> interfaces;
  /// The address of an endpoint; none when its name does not resolve within a few seconds.
  std::function<std::optional<SocketAddress>(const Endpoint&)> resolve;
  /// While it is there, signals request `stop`.
  std::optional<StopOnSignals> on_signals = {};
  /// Round trips to peers of a network that is up, as innernet/client/round_trip.hpp has it; null: nobody is asked.
  std::function<RoundTrips(const InterfaceName&, std::span<const IpAddress>, std::chrono::milliseconds patience)> ping = {};
  /// What the own router offers, as Measuring has it; null: it is not asked.
  std::function<RouterOffer(const Stop&)> ask_router = {};
  /// Only of tests: servers are spoken to on whatever way leads there, instead of through the interface alone.
  bool server_on_loopback = false;

  /// For the commands that don't let hosts and NAT traversal be chosen, their defaults hold.
  ClientOptions client_options(const HostsOptions& hosts, const NatOptions& nat) const {
    return {general.folders, general.network, hosts, nat};
  }
};

}  // namespace innernet::client
