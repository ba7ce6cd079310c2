#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "innernet/base/interface_name.hpp"
#include "innernet/client/mapping_report.hpp"
#include "innernet/client/router_offer.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/config/config.hpp"
#include "innernet/relay/probe.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::client {

/// What was found out of one relay.
struct RelayCheck {
  std::string name;                      ///< of the peer that it runs on
  std::optional<SocketAddress> address;  ///< none: nobody knows where that peer is
  std::optional<IpAddress> source;       ///< of this machine's addresses, the one from which it is asked; none: there is no route
  bool knows_questions = false;          ///< an older one is not asked
  std::optional<relay::ProbeAnswer> answer{};
};

struct ServerCheck {
  std::string name;
  Endpoint endpoint;
  std::optional<SocketAddress> address;                  ///< none: its name does not resolve
  std::optional<IpAddress> source;                       ///< as above
  std::optional<std::chrono::nanoseconds> round_trip{};  ///< through the tunnel; none: no answer
  std::string silence{};                                 ///< why there is none
  std::optional<SeenAt> seen{};                          ///< this machine's WireGuard; none: an older server can't say
  bool answers_tcp = false;  ///< its machine, or a relay's, outside of the tunnel; looked at only when nobody answers
  bool refuses_udp = false;  ///< the same: somebody has said that the port is closed
};

/// What a machine's network is like, as it was measured.
struct NetworkCheck {
  std::optional<IpAddress> v4{}, v6{};  ///< of this machine, with a route to others
  ServerCheck server;
  std::vector<RelayCheck> relays{};
  std::optional<bool> hairpin{};             ///< whether the router sends back what goes to its own outside address; none: not tried
  std::optional<RouterOffer> router{};       ///< none: nobody was asked
  std::optional<MappingStanding> mapping{};  ///< of WireGuard's port, of IPv4, as the daemon says; none: it says nothing
};

enum class Nat {
  kNone,
  kSamePort,    ///< all destinations see this machine at one port: endpoint-independent mapping (RFC 4787)
  kOtherPorts,  ///< each destination sees another: symmetric
  kUnknown,
};
enum class Udp { kWorks, kBlocked, kUnknown };

struct Judgement {
  Nat nat = Nat::kUnknown;  ///< of IPv4
  std::string nat_because;
  Udp udp = Udp::kUnknown;
  std::string udp_because;
  std::optional<std::size_t> path_mtu;  ///< the smallest of all paths
  std::vector<std::string> meaning;     ///< for connecting: sentences

  bool anybody_answers = false;
};

/// A pure function.
Judgement judge(const NetworkCheck& check);

/// What a check of a network needs to know.
struct CheckedNetwork {
  InterfaceName interface;
  InterfaceConfig config;
  State state;  ///< as it was fetched last; with its relays
  MappingReport mapping{};
};

/// How it is measured on this machine.
struct Measuring {
  std::function<std::optional<SocketAddress>(const Endpoint&)> resolve;
  /// Asks the own router what it offers, and has nothing mapped. Ends at once when it is stopped. Empty: nobody is asked.
  std::function<RouterOffer(const Stop& stop)> ask_router;
  std::optional<InterfaceName> tunnel;  ///< none, for tests: the server is asked on whatever way leads there
  const Stop* stop;
};

/// Takes five seconds at most when names resolve. Fails only when there is no socket to be had, or told to stop.
Result<NetworkCheck> measure(const CheckedNetwork& network, const Measuring& how);

}  // namespace innernet::client
