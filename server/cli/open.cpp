#include "open.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "innernet/base/file.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/network_stack.hpp"

namespace innernet::server {

DatabaseLocation database_of(const Folders& folders, const InterfaceName& interface) {
  const auto config = ServerConfig::read(folders.config_file(interface));
  return config ? database_location(*config, folders, interface) : DatabaseLocation(folders.database(interface));
}

Error with_remedy(const Error& error, std::string_view whence) {
  const auto remedy = [&]() -> std::string {
    switch (error.kind()) {
      case ErrorKind::kNotFound:
        return fmt::format("see whether {} names the right one; createdb makes one that is missing", whence);
      case ErrorKind::kUnreachable:
        return fmt::format("see whether PostgreSQL runs there, listens on that address and is let through the firewall, or change {}",
                           whence);
      case ErrorKind::kPermission:
        return fmt::format(
            "see who may log in there and how (pg_hba.conf), who owns the database, and whether the file of passfile= (or ~/.pgpass) has "
            "the password, or "
            "change {}",
            whence);
      default:
        return {};
    }
  }();
  return remedy.empty() ? error : Error(error.kind(), fmt::format("{} ({})", error.message(), remedy));
}

namespace {

/// What names the database of a network.
std::string url_in_config(const Folders& folders, const InterfaceName& interface) {
  return fmt::format("[database] url in {}", folders.config_file(interface).string());
}

Error why_not_open(Error error, const DatabaseLocation& location, const Folders& folders, const InterfaceName& interface) {
  const auto opening = fmt::format("opening the database of {}", interface.str());
  if (std::holds_alternative<DatabaseUrl>(location)) return with_remedy(error, url_in_config(folders, interface)).context(opening);
  if (error.kind() != ErrorKind::kNotFound) return std::move(error).context(opening);
  // Where the config can't be read, it may be what names the database.
  if (auto config = ServerConfig::read(folders.config_file(interface)); !config && config.error().kind() != ErrorKind::kNotFound)
    return std::move(config).error().context(opening);
  return Error(ErrorKind::kNotFound, fmt::format("there is no network {} here: {} does not exist (innernet-server new makes one)",
                                                 interface.str(), folders.database(interface).string()));
}

}  // namespace

Result<OpenDatabase> open_registry(const command_line::Context& context, const InterfaceName& interface) {
  auto location = database_of(context.folders(), interface);
  auto registry = Registry::open(location);
  if (!registry) return std::unexpected(why_not_open(std::move(registry).error(), location, context.folders(), interface));
  return OpenDatabase(*std::move(registry), std::move(location), context.folders(), interface);
}

Result<void> OpenDatabase::check_location() const {
  const auto config = ServerConfig::read(folders_.config_file(interface_));
  if (!config && std::holds_alternative<std::filesystem::path>(location_)) return {};
  if (!config) return std::unexpected(Error(config.error()).context("nothing was changed"));
  const auto now = database_location(*config, folders_, interface_);
  if (now == location_) return {};
  return fail(ErrorKind::kBusy, fmt::format("nothing was changed, for the database of {} was moved to {} meanwhile: try again",
                                            interface_.str(), shown(now)));
}

Result<void> OpenDatabase::write(const std::function<Result<void>(Registry::Writer&)>& change) {
  TRY_VOID(check_location());
  return registry_.write([&](Registry::Writer& writer) -> Result<void> {
    // A move holds the lock that we have waited for until the config says where it went.
    TRY_VOID(check_location());
    return change(writer);
  });
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

void limit_to_device(const command_line::Context& context, const InterfaceName& interface, OpenDatabase& registry) {
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
