#include <fmt/format.h>

#include <algorithm>

#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/base/temp_file.hpp"
#include "innernet/machine/interface_up.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/network_stack.hpp"

namespace innernet::server {
namespace {

constexpr std::chrono::seconds kEndOfServe{15};

struct Options : OfNetwork {
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("None of its peers can use it any more. Their machines keep what they have.");
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

/// An unknown network is an error without a question.
Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  const auto config = context.folders().config_file(interface);
  const auto database = context.folders().database(interface);
  if (!has_any_file(context.folders(), interface))
    return fail(ErrorKind::kNotFound,
                fmt::format("there is no network {} here: neither {} nor {} exists", interface.str(), config.string(), database.string()));
  TRY(const bool go_on,
      confirmed(context, options.yes,
                fmt::format("Uninstall {} for good, with its database and key, so that none of its peers can use it any more?",
                            interface.str())));
  if (!go_on) return Ending::kDone;

  TRY_VOID(remove_interface(context, interface));
  const auto partly = fmt::format("network {} is only partly uninstalled", interface.str());
  const auto removed = [&](const std::filesystem::path& file) -> Result<void> {
    auto gone = remove_file(file);
    if (!gone && gone.error().kind() != ErrorKind::kNotFound) return std::unexpected(std::move(gone).error().context(partly));
    return {};
  };
  // The config first: a running `serve` ends when it is gone, and lets go of the lock; and no `serve` starts on half a network.
  TRY_VOID(removed(config));
  auto lock = FileLock::acquire(context.folders().lock_file(interface), kEndOfServe, {config, database});
  const bool has_no_folder = !lock && lock.error().kind() == ErrorKind::kNotFound;
  if (!lock && !has_no_folder) return std::unexpected(std::move(lock).error().context(partly));
  for (const std::filesystem::path& file : files_beside(database)) TRY_VOID(removed(file));
  context.print(fmt::format("network {} is uninstalled", interface.str()));
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
