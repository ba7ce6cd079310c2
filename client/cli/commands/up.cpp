#include "innernet/client/fetch.hpp"

#include <fmt/format.h>

#include "../fetching.hpp"
#include "commands.hpp"
#include "innernet/client/daemon.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/privileges.hpp"

namespace innernet::client {
namespace {

struct Options {
  std::optional<InterfaceName> interface;  ///< none: all that are installed
  bool daemon = false;
  std::chrono::seconds interval{60};
  HostsOptions hosts;
  NatOptions nat;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "An interface that is down or incomplete is brought up, then its peers are fetched. When the server can't be reached, the peers of "
      "the last fetch are used.");
  definition.explain(
      "With --daemon this goes on until SIGTERM, for each network by itself: one that fails is tried again and holds up no other. A server "
      "that can do it tells of changes at once. SIGHUP has the configs read again.");
  definition.explain(
      "With --daemon and an INTERFACE it ends with exit status 3 when that network is uninstalled or not installed at all: its service is "
      "not started again then.");
  definition.optional_argument("INTERFACE", "The network; without, all that are installed", into(options.interface, parse_interface));
  definition.flag('d', "daemon", options.daemon, "Stay, and keep the networks up to date");
  definition.conflict("daemon", "json");
  definition.option(0, "interval", "SECONDS",
                    into(options.interval,
                         [](std::string_view text) -> Result<std::chrono::seconds> {
                           TRY(const std::uint64_t seconds, parse_number(text, 1, 86'400));
                           return std::chrono::seconds(seconds);
                         }),
                    "With --daemon: how often to look, 1 to 86400 (60)");
  definition.flag(0, "no-port-mapping", options.nat.no_port_mapping,
                  "With --daemon: don't ask the own router (PCP, NAT-PMP, UPnP) to let others in to the WireGuard port");
  define_hosts(definition, options.hosts);
  define_nat(definition, options.nat);
}

Result<Ending> run(const Options& options, Context& context) {
  const ClientOptions client = context.client_options(options.hosts, options.nat);
  if (options.daemon) {
    context.on_signals.reset();  // the daemon has its own ways with them
    if (context.stop.requested()) return fail(ErrorKind::kSystem, "interrupted");
    drop_privileges({client.folders.config, client.folders.data, client.hosts.path});
    const auto ended = run_daemon(client, options.interface, options.interval);
    // A daemon of all networks may find one at its next start, that of a network that was uninstalled never.
    if (!ended && ended.error().kind() == ErrorKind::kNotFound && options.interface) {
      log::error("{}", ended.error().message());
      return Ending::kGone;
    }
    TRY(const DaemonEnd end, ended);
    return end == DaemonEnd::kNothingLeft && options.interface ? Ending::kGone : Ending::kDone;
  }
  keep_freed_memory();
  if (options.interface) {
    TRY_VOID(up(client, *options.interface, context.stop));
    context.report(networks_as_json({*options.interface}));
    return Ending::kDone;
  }
  TRY(const std::vector<InterfaceName> networks, configured_networks(client.folders));
  if (networks.empty()) {
    log::info("no network is installed in {}; `innernet install` joins one", client.folders.config.native());
    context.report(networks_as_json({}));
    return Ending::kDone;
  }
  Ending ending = Ending::kDone;
  std::vector<InterfaceName> done;
  for (const InterfaceName& network : networks) {
    if (context.stop.requested()) return fail(ErrorKind::kInterrupted, "interrupted");
    if (const auto brought_up = up(client, network, context.stop); !brought_up) {
      log::error("{}: {}", client.folders.config_file(network).native(), brought_up.error().message());
      ending = Ending::kFailed;
    } else {
      done.push_back(network);
    }
  }
  context.report(networks_as_json(done));
  return ending;
}

}  // namespace

Row up_command() {
  return row({.name = "up", .sentence = "Bring networks up and fetch their peers.", .example = "up evilcorp --daemon --interval 60"},
             define, run);
}

}  // namespace innernet::client
