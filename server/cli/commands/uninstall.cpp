#include <fmt/format.h>

#include <algorithm>

#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/base/temp_file.hpp"
#include "innernet/machine/interface_up.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/network_stack.hpp"
#include "innernet/server/network_databases.hpp"
#include "innernet/server/servers.hpp"

namespace innernet::server {
namespace {

constexpr std::chrono::seconds kEndOfServe{15};

struct Options : OfNetwork {
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("None of its peers can use it any more. Their machines keep what they have.");
  definition.explain("Of a network that has other servers only this machine's part goes.");
  definition.explain("Of a PostgreSQL database the network's tables are dropped. While it can't be reached, nothing is uninstalled.");
  define_interface(definition, options);
  define_yes(definition, options.yes);
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

/// The database last of those that matter: while it is there, the command can be repeated.
std::vector<std::filesystem::path> files_beside(const std::filesystem::path& database) {
  std::vector<std::filesystem::path> files = Registry::logs_set_aside(database);
  for (auto& old : databases_set_aside(database)) files.push_back(std::move(old));
  for (const char* const suffix : {"-wal", "-shm", "-journal", ""}) files.emplace_back(database.native() + suffix);
  return files;
}

// Also what a command that was killed has left of it.
bool has_any_file(const Folders& folders, const InterfaceName& interface) {
  std::vector<std::filesystem::path> files = files_beside(folders.database(interface));
  files.push_back(folders.config_file(interface));
  files.push_back(folders.lock_file(interface));
  return std::ranges::any_of(files, [](const auto& file) { return is_there(file) || !temp_files_of(file).empty(); });
}

// Only an interface that is ours: whatever else has this name stays.
Result<void> remove_interface(Context& context, const InterfaceName& interface) {
  TRY(const auto link, system_network_stack().find_link(interface));
  if (!link) return {};
  const auto backend = context.backend(interface);
  TRY(const bool is_wireguard, is_wireguard_link(*backend, interface));
  if (!is_wireguard) {
    log::warning("the link {} is not WireGuard's and stays", interface.str());
    return {};
  }
  const auto config = ServerConfig::read(context.folders().config_file(interface));
  // One that can't be read just now may be read by the next attempt, and once it is deleted nothing says any more whose interface this is.
  if (!config && config.error().kind() != ErrorKind::kNotFound && config.error().kind() != ErrorKind::kInvalidInput)
    return fail(config.error().kind(),
                fmt::format("nothing was uninstalled, for the interface {} may be this network's: {} (if it can't be read at all, ip link "
                            "delete {} first)",
                            interface.str(), config.error().message(), interface.str()));
  if (!config) {
    log::warning("the interface {} stays, for nothing says whether it is this network's: {} (to remove it: ip link delete {})",
                 interface.str(), config.error().message(), interface.str());
    return {};
  }
  TRY(const auto device, backend->get(interface));
  // One without any key is what is left of a `serve` that was killed as it began.
  if (device.public_key && *device.public_key != config->private_key.public_key()) {
    log::warning("the interface {} has a key of its own, not this network's, and stays", interface.str());
    return {};
  }
  return backend->remove(interface);
}

/// The network's tables on a PostgreSQL server.
struct Tables {
  DatabaseUrl url;
  wg::PublicKey server_key;
};

/// None: they are in a file, or are gone, as an uninstallation that was interrupted has left it. Fails when that can't be found out.
Result<std::optional<Tables>> tables_of(const Folders& folders, const InterfaceName& interface) {
  const auto config = ServerConfig::read(folders.config_file(interface));
  if (!config || !config->database_url) return std::nullopt;
  Tables tables{*config->database_url, config->private_key.public_key()};
  const auto held = look_into(tables.url, tables.server_key);
  const auto nothing_done = [&](const Error& error) {
    return fail(error.kind(),
                fmt::format("nothing was uninstalled, for the network's database can't be removed: {}; if it is gone for good, remove "
                            "[database] from {} and try again",
                            error.message(), folders.config_file(interface).string()));
  };
  if (!held && held.error().kind() == ErrorKind::kNotFound) return std::nullopt;
  if (!held) return nothing_done(held.error());
  if (*held == Holds::kAnotherNetwork)
    return nothing_done(
        Error(ErrorKind::kInvalidInput, fmt::format("the network in {} has another key than this one, and stays", tables.url.shown())));
  return *held == Holds::kNothing ? std::nullopt : std::optional(std::move(tables));
}

/// Whether the network goes on without this machine: it has other servers.
Result<bool> has_other_servers(const Folders& folders, const InterfaceName& interface, const DatabaseUrl& url) {
  TRY(const auto config, ServerConfig::read(folders.config_file(interface)));
  TRY(const auto servers, list_servers(url));
  return std::ranges::any_of(servers, [&](const ServerOfNetwork& server) { return server.name != name_of_server(config); });
}

std::string question(const InterfaceName& interface, const std::optional<Tables>& tables, bool goes_on) {
  if (goes_on) return fmt::format("Uninstall {} from this machine? The network goes on, on its other servers", interface.str());
  return fmt::format("Uninstall {} for good, with its database{} and key, so that none of its peers can use it any more?", interface.str(),
                     tables ? fmt::format(" ({})", tables->url.shown()) : "");
}

/// An unknown network is an error without a question.
Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  const auto config = context.folders().config_file(interface);
  const auto database = context.folders().database(interface);
  if (!has_any_file(context.folders(), interface))
    return fail(ErrorKind::kNotFound,
                fmt::format("there is no network {} here: neither {} nor {} exists", interface.str(), config.string(), database.string()));
  TRY(auto tables, tables_of(context.folders(), interface));
  TRY(const bool goes_on, tables ? has_other_servers(context.folders(), interface, tables->url) : Result<bool>(false));
  TRY(const bool go_on, confirmed(context, options.yes, question(interface, tables, goes_on)));
  if (!go_on) return Ending::kDone;

  TRY_VOID(remove_interface(context, interface));
  const auto partly = fmt::format("network {} is only partly uninstalled", interface.str());
  const auto removed = [&](const std::filesystem::path& file) -> Result<void> {
    auto gone = remove_file(file);
    if (!gone && gone.error().kind() != ErrorKind::kNotFound) return std::unexpected(std::move(gone).error().context(partly));
    return {};
  };
  // Before the config, without which nobody knows where they are.
  if (tables && !goes_on) TRY_VOID_CONTEXT(remove_network(tables->url, tables->server_key), partly);
  // The config before the lock: a running `serve` ends when it is gone, and lets go of the lock; and no `serve` starts on half a network.
  TRY_VOID(removed(config));
  auto lock = FileLock::acquire(context.folders().lock_file(interface), kEndOfServe, {config, database});
  const bool has_no_folder = !lock && lock.error().kind() == ErrorKind::kNotFound;
  if (!lock && !has_no_folder) return std::unexpected(std::move(lock).error().context(partly));
  for (const std::filesystem::path& file : files_beside(database)) TRY_VOID(removed(file));
  context.print(goes_on
                    ? fmt::format("network {} is uninstalled from this machine, and goes on: innernet-server remove-server {} on another "
                                  "server's machine, so that peers don't look for this one any more",
                                  interface.str(), interface.str())
                    : fmt::format("network {} is uninstalled", interface.str()));
  context.print(fmt::format("If a service served it: systemctl disable --now innernet-server@{}", interface.str()));
  context.report(changed().text("network", interface.str()));
  return Ending::kDone;
}

}  // namespace

Row uninstall_command() {
  return row({.name = "uninstall",
              .sentence = "Delete a network for good: interface, config and database.",
              .example = "uninstall evilcorp --yes"},
             define, run);
}

}  // namespace innernet::server
