#include "open.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "innernet/base/file.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/network_stack.hpp"

namespace innernet::server {

Result<Registry> open_registry(const command_line::Context& context, const InterfaceName& interface) {
  auto registry = Registry::open(context.folders().database(interface));
  if (registry) return registry;
  if (registry.error().kind() == ErrorKind::kNotFound)
    return fail(ErrorKind::kNotFound, fmt::format("there is no network {} here: {} does not exist (innernet-server new makes one)",
                                                  interface.str(), context.folders().database(interface).string()));
  return std::unexpected(std::move(registry).error().context(fmt::format("opening the database of {}", interface.str())));
}

Result<ServerConfig> open_config(const command_line::Context& context, const InterfaceName& interface) {
  const auto path = context.folders().config_file(interface);
  if (const auto access = access_of_others(path); access && *access != 0) {
    if (::chmod(path.c_str(), kPrivateFile) == 0)
      log::warning("{} could be read or written by other users; its mode is 0600 now", path.string());
    else
      log::warning("{} can be read or written by other users and holds a private key: chmod 600 {}", path.string(), path.string());
  }
  return ServerConfig::read(path);
}

void limit_to_device(const command_line::Context& context, const InterfaceName& interface, Registry& registry) {
  if (const auto link = system_network_stack().find_link(interface); link && *link)
    registry.set_max_on_device(context.backend(interface)->max_peers());
}

namespace {

Result<void> apply_to_own_device(const command_line::Context& context, const InterfaceName& interface, std::vector<wg::PeerUpdate> peers) {
  TRY(const auto config, ServerConfig::read(context.folders().config_file(interface)));
  const auto backend = context.backend(interface);
  TRY(const auto device, backend->get(interface));
  if (device.public_key != config.private_key.public_key())
    return fail(ErrorKind::kAlreadyExists, "it does not have this network's key, so something else has made it, and it stays as it is");
  wg::DeviceUpdate update;
  update.peers = std::move(peers);
  return backend->apply(interface, update);
}

}  // namespace

void update_device(const command_line::Context& context, const InterfaceName& interface, std::vector<wg::PeerUpdate> peers) {
  const auto link = system_network_stack().find_link(interface);
  if (link && !*link) return;  // down: `serve` brings it up with what the database says
  const auto applied = link ? apply_to_own_device(context, interface, std::move(peers)) : std::unexpected(link.error());
  if (!applied) log::warning("the database is changed, but the interface {} is not yet: {}", interface.str(), applied.error().message());
}

}  // namespace innernet::server
