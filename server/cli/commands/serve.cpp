#include "innernet/server/serve.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "commands.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  HostsOptions hosts;
  bool no_relay = false;
  std::optional<std::uint16_t> relay_port;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "The interface stays up when the server ends, so that peers stay connected. SIGTERM and SIGINT end it after the requests in "
      "flight.");
  definition.explain("Without INNERNET_LOG or RUST_LOG, it logs at the level info to standard error.");
  definition.explain(
      "When the network is uninstalled it ends with exit status 3, and so it does when there is no such network: its service is not "
      "started "
      "again then.");
  define_interface(definition, options);
  define_hosts(definition, options.hosts);
  definition.explain(
      "Peers that can't reach each other, because their routers don't let them, are relayed by this server, which can't read what they "
      "say. "
      "That takes a second UDP port, the one behind the network's listen port: open it in the firewall, too.");
  definition.flag(0, "no-relay", options.no_relay, "Don't relay between peers that can't reach each other");
  definition.option(0, "relay-port", "N", into_number(options.relay_port, 1, 65535), "UDP port of the relay, instead of the next one");
  definition.conflict("no-relay", "relay-port");
}

bool is_any_left(const Folders& folders, const InterfaceName& interface) {
  std::error_code ignored;
  return std::ranges::any_of(std::array{folders.config_file(interface), folders.database(interface)}, [&](const auto& path) {
    return std::filesystem::symlink_status(path, ignored).type() != std::filesystem::file_type::not_found;
  });
}

Result<Ending> run(const Options& options, Context& context) {
  const auto backend = context.backend(options.interface());
  const auto served = serve(options.interface(),
                            {.folders = context.folders(),
                             .network = context.general.network,
                             .hosts = options.hosts,
                             .periods = {},
                             .listen = {},
                             .relays = !options.no_relay,
                             .relay_port = options.relay_port},
                            ServeSystem::of_machine(*backend, context.clock));
  if (!served && served.error().kind() == ErrorKind::kNotFound && !is_any_left(context.folders(), options.interface())) {
    log::error("{}", served.error().message());
    return Ending::kGone;
  }
  TRY(const ServeEnd end, served);
  switch (end) {
    case ServeEnd::kTold:
      return Ending::kDone;
    case ServeEnd::kGone:
      return Ending::kGone;
    case ServeEnd::kReplaced:
    case ServeEnd::kDeposed:
      break;
  }
  return Ending::kFailed;
}

}  // namespace

Row serve_command() {
  return row({.name = "serve",
              .sentence = "Coordinate a network: bring its interface up and answer its peers.",
              .example = "serve evilcorp",
              .runs_until_stopped = true},
             define, run);
}

}  // namespace innernet::server
