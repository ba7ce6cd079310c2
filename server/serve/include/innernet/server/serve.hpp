#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/server/link_state.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/options.hpp"
#include "innernet/wireguard/backend.hpp"

namespace innernet::relay {
class Relay;
struct Options;
}  // namespace innernet::relay

namespace innernet::server {

/// How often what happens, and how long what may take. main() takes the defaults, tests shorten them.
struct ServePeriods {
  std::chrono::milliseconds endpoints{5'000};         ///< the device is asked where it has seen the peers
  std::chrono::milliseconds endpoints_soon{100};      ///< between two such looks at least, when a peer has just changed its key
  std::chrono::milliseconds endpoints_unseen{1'000};  ///< the same, when a peer asks that was not seen yet; and until the look after either
  std::chrono::milliseconds invitations{4'000};       ///< two looks that say expired delete one, so within 10 s; see ExpiryLooks
  std::chrono::milliseconds hosts{10'000};            ///< the hosts file is compared, for it may have been changed by others
  std::chrono::milliseconds hosts_after_change{200};
  std::chrono::milliseconds checkpoint_after_commit{1'000};
  std::chrono::milliseconds save{10'000};             ///< what was only observed, and goes along with no other write, is stored
  std::chrono::milliseconds save_more{50};            ///< the same, when the last write had no room for all
  std::chrono::milliseconds check_everything{1'000};  ///< foreign changes, config, database and link, should a notification be lost
  std::chrono::milliseconds addresses_settle{200};    ///< the machine's addresses, which come and go in bursts, are looked at
  std::chrono::milliseconds repair{1'000};            ///< between two attempts to bring the interface back, or to store what could not be
  std::chrono::milliseconds relay{2'000};             ///< between two looks at who is registered with the relay, and whether it runs
  std::chrono::milliseconds relay_members{200};       ///< between two changes of who may be relayed that the relay is told of
  /// A client that is there for so long should have registered: WireGuard repeats its handshake after two minutes, also with a server that
  /// was restarted.
  std::chrono::milliseconds relay_clients{180'000};
  std::chrono::milliseconds patience_at_stop{5'000};  ///< what is in flight may finish
  std::chrono::milliseconds device_at_stop{10'000};   ///< and then what the device was given; one request to it may take 30 s more
};

struct ServeOptions {
  Folders folders = Folders::of_server();
  NetworkOptions network;
  HostsOptions hosts;
  ServePeriods periods;
  bool bind_to_device = true;           ///< false in tests on loopback: anyone on the LAN could claim a peer's address
  std::optional<SocketAddress> listen;  ///< none: the config's address and port
  bool relays = true;
  std::optional<std::uint16_t> relay_port;  ///< none: the first free one behind the config's
};

/// The machine as `serve` sees it. The defaults are the real one; tests put their own in.
struct ServeSystem {
  wg::Backend& backend;  ///< used from one thread at a time: first the caller's, then the device worker's
  const Clock& clock;

  /// innernet::bring_up
  std::function<Result<void>(wg::Backend&, const InterfaceName&, const IpNet&, const wg::DeviceUpdate&, const NetworkOptions&)> bring_up;
  std::function<Result<LinkState>(const InterfaceName&, const IpAddress&)> link_state;
  /// This machine's addresses that peers may try, without those of `own` interfaces.
  std::function<Result<std::vector<IpAddress>>(const std::vector<InterfaceName>& own)> local_addresses;
  /// Fails when a UDP port is taken.
  std::function<Result<void>(std::uint16_t port)> probe_udp_port;
  /// innernet::drop_privileges, when what needs more has been done. May be empty.
  std::function<void(const std::vector<std::filesystem::path>& files)> drop_privileges = {};
  /// relay::Relay::start. May be empty: then there is none.
  std::function<Result<std::unique_ptr<relay::Relay>>(const wg::PrivateKey&, const relay::Options&)> start_relay = {};
  /// Told, on the loop's thread, each time the API has begun to listen. May be empty.
  std::function<void(const SocketAddress&)> listening;

  static ServeSystem of_machine(wg::Backend& backend, const Clock& clock);
};

enum class ServeEnd {
  kTold,      ///< by SIGTERM or SIGINT
  kGone,      ///< config or database are
  kReplaced,  ///< by those of another network, or by another `serve`, which the log says
  kDeposed,   ///< inside of serve() only: another server may have taken over, so that this one waits again
};

/// Runs the coordination server of `interface` until SIGTERM or SIGINT, or until its network is not there any more. Takes the network's
/// lock before it touches anything, and fails with kBusy when another `serve` has it. When it fails before it served, an interface that it
/// made is removed again. Blocks SIGPIPE's effect, handles SIGTERM, SIGINT and SIGHUP. An interface with the key of a network that was
/// replaced is removed: the next start makes it anew.
Result<ServeEnd> serve(const InterfaceName& interface, const ServeOptions& options, const ServeSystem& system);

}  // namespace innernet::server
