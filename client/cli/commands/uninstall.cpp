#include <fmt/format.h>

#include <algorithm>

#include "../presence.hpp"
#include "commands.hpp"
#include "innernet/base/temp_file.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/hostsfile/hostsfile.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  bool yes = false;
  HostsOptions hosts;
};

void define(Definition& definition, Options& options) {
  definition.explain("Only a new invitation brings this machine back. To the server the peer still exists; an admin can disable it there.");
  define_interface(definition, options);
  define_yes(definition, options.yes);
  define_hosts(definition, options.hosts);
}

/// With the daemon's mark, the config last.
std::vector<std::filesystem::path> files_of(const Folders& folders, const InterfaceName& name) {
  std::vector<std::filesystem::path> files = network_files(folders, name);
  files.push_back(daemon_file(folders, name));
  std::ranges::reverse(files);
  return files;
}

// Also the lock alone, which an uninstall that was killed at its very end has left.
Result<bool> has_any_file(const Folders& folders, const InterfaceName& name) {
  std::vector<std::filesystem::path> files = files_of(folders, name);
  files.push_back(folders.lock_file(name));
  for (const std::filesystem::path& file : files) {
    TRY(const bool is_there, is_present(file));
    if (is_there || !temp_files_of(file).empty()) return true;
  }
  return false;
}

Result<void> remove_interface(const InterfaceName& name, Context& context) {
  const auto backend = context.backend(name);
  if (const auto device = backend->get(name); device && has_foreign_key(context.folders(), *device)) {
    log::warning("the interface {0} has a key of its own, not this network's, and stays (to remove it: ip link delete {0})", name.str());
    return {};
  }
  const auto removed = backend->remove(name);
  if (removed || removed.error().kind() == ErrorKind::kNotFound) return {};
  return std::unexpected(Error(removed.error()).context(fmt::format("taking {} down; its config and data were kept", name.str())));
}

Result<void> remove_hosts_section(const HostsOptions& hosts, const InterfaceName& name) {
  if (!hosts.write) return {};
  TRY(const bool is_there, is_present(hosts.path));
  if (!is_there) return {};
  auto written = hostsfile::update(hosts.path, name.str(), {});
  if (written) return {};
  Error why = std::move(written).error().context(fmt::format("removing the names from {}", hosts.path.native()));
  if (why.kind() != ErrorKind::kPermission) return std::unexpected(std::move(why));
  // No later command does it: the network is gone then.
  return fail(why.kind(), fmt::format("{}; delete them as root, from the line \"# DO NOT EDIT innernet {} BEGIN\" to the one with END",
                                      why.message(), name.str()));
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& name = options.interface();
  TRY(const bool known, has_any_file(context.folders(), name));
  if (!known) return not_installed(context.folders(), name);
  TRY(const bool agreed, confirmed(context, options.yes,
                                   fmt::format("Leave {} for good, so that only a new invitation brings this machine back?", name.str())));
  if (!agreed) return Ending::kDone;

  TRY(const FileLock lock, lock_network(context.folders(), name, &context.stop, ReadOnly::kRefused));
  TRY_VOID(remove_interface(name, context));
  const auto daemon = daemon_of(context.folders(), name);
  Ending ending = Ending::kDone;
  const auto failed = [&ending](const Error& error) {
    log::error("{}", error.message());
    ending = Ending::kFailed;
  };
  if (const auto removed = remove_hosts_section(options.hosts, name); !removed) failed(removed.error());
  for (const std::filesystem::path& file : files_of(context.folders(), name)) {
    // While that is there, the command can be repeated.
    if (file == context.folders().config_file(name) && ending == Ending::kFailed) {
      log::error("{} stays for that: run `innernet uninstall {}` again when it is put right", file.string(), name.str());
      continue;
    }
    if (const auto removed = remove_file(file); !removed && removed.error().kind() != ErrorKind::kNotFound) failed(removed.error());
  }
  if (ending == Ending::kDone) {
    context.print(fmt::format("{} is uninstalled.", name.str()));
    context.report(changed().text("network", name.str()));
  }
  log::info("other peers still list this machine; an admin takes it out with `innernet disable-peer {}`", name.str());
  if (daemon)
    log::warning(
        "the daemon (process {}) that kept {} up lets go of it; if it is a service, end that: `systemctl disable --now innernet@{}`",
        *daemon, name.str(), name.str());
  return ending;
}

}  // namespace

Row uninstall_command() {
  return row(
      {.name = "uninstall", .sentence = "Leave a network: remove its interface, config and data.", .example = "uninstall evilcorp --yes"},
      define, run);
}

}  // namespace innernet::client
