#include <fmt/format.h>

#include <algorithm>

#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/machine/network_stack.hpp"
#include "innernet/server/network_databases.hpp"
#include "innernet/server/servers.hpp"

namespace innernet::server {
namespace {

struct Options {
  std::filesystem::path file;
};

void define(Definition& definition, Options& options) {
  definition.explain("The file is what add-server has written on another server's machine. Delete it when this machine serves.");
  definition.argument("FILE", "What add-server has written", into_path(options.file));
}

Result<void> check_free(const Context& context, const InterfaceName& name) {
  for (const auto& path : {context.folders().config_file(name), context.folders().database(name)}) {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored)))
      return fail(ErrorKind::kAlreadyExists, fmt::format("this machine has a network {} already: {} is there", name.str(), path.string()));
  }
  TRY(const auto link, system_network_stack().find_link(name));
  if (!link) return {};
  return fail(ErrorKind::kAlreadyExists,
              fmt::format("there is a network interface named {} already, and the server needs that name", name.str()));
}

/// That it will be able to serve, as far as that can be known now.
Result<void> check_database(const ServerConfig& config) {
  const DatabaseUrl& url = *config.database_url;
  const auto held = look_into(url, config.private_key.public_key());
  if (!held) return std::unexpected(with_remedy(held.error(), "the file"));
  if (*held != Holds::kThisNetwork)
    return invalid_input(fmt::format("the database {} does not hold this network: is the file an old one?", url.shown()));
  TRY(const auto servers, list_servers(url));
  if (std::ranges::find(servers, config.server_name, &ServerOfNetwork::name) != servers.end()) return {};
  return fail(
      ErrorKind::kNotFound,
      fmt::format("the network has no server named {} (any more): innernet-server add-server on another server's machine makes a new file",
                  config.server_name));
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(auto config, ServerConfig::read(options.file));
  if (config.network_name.empty() || config.server_name.empty() || !config.database_url)
    return invalid_input(fmt::format("{} is no file that innernet-server add-server has written", options.file.string()));
  TRY(const auto name, InterfaceName::parse(config.network_name));
  TRY_VOID(check_free(context, name));
  TRY_VOID(check_database(config));
  TRY_VOID(make_private_folder(context.folders().config));
  TRY_VOID(make_private_folder(context.folders().data));
  config.network_name.clear();
  TRY_VOID_CONTEXT(create_file(context.folders().config_file(name), config.to_toml().reveal()), "writing the server's config");
  context.print(fmt::format("this machine is server {} of {}", config.server_name, name.str()));
  context.print(fmt::format("  systemctl enable --now innernet-server@{}    (or: innernet-server serve {})", name.str(), name.str()));
  context.print(fmt::format("  Ports as on the other servers: UDP {} for WireGuard, and one more for the relay", config.listen_port));
  context.print(fmt::format("  Delete {}: it holds the network's private key", options.file.string()));
  context.report(changed()
                     .text("network", name.str())
                     .text("server", config.server_name)
                     .text("config", context.folders().config_file(name).string())
                     .text("database", config.database_url->shown()));
  return Ending::kDone;
}

}  // namespace

Row join_command() {
  return row({.name = "join", .sentence = "Make this machine a server of a network that has one.", .example = "join standby.toml"}, define,
             run);
}

}  // namespace innernet::server
