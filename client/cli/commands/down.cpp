#include <fmt/format.h>

#include "../presence.hpp"
#include "commands.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {};

void define(Definition& definition, Options& options) {
  definition.explain("Config and data stay: innernet up brings the network up again, and so does a daemon that runs.");
  define_interface(definition, options);
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& name = options.interface();
  TRY(const bool ours, is_ours(context.folders(), name));
  if (!ours) {
    return fail(ErrorKind::kNotFound,
                fmt::format("no network {} is installed: there is neither {} nor {}, and other interfaces are not taken down", name.str(),
                            context.folders().config_file(name).native(), context.folders().data_store(name).native()));
  }
  TRY(const FileLock lock, lock_network(context.folders(), name, &context.stop, ReadOnly::kAccepted));
  const auto backend = context.backend(name);
  if (const auto device = backend->get(name); device && has_foreign_key(context.folders(), *device))
    return fail(ErrorKind::kAlreadyExists,
                fmt::format("interface {0} has a key of its own, not that of {1}: it is somebody else's and stays (to remove it: "
                            "ip link delete {0})",
                            name.str(), context.folders().config_file(name).native()));
  const auto removed = backend->remove(name);
  if (!removed && removed.error().kind() == ErrorKind::kNotFound)
    return fail(ErrorKind::kNotFound, fmt::format("{} is not up", name.str()));
  TRY_VOID(removed);
  context.print(fmt::format("{} is down.", name.str()));
  context.report(changed().text("network", name.str()));
  if (const auto daemon = daemon_of(context.folders(), name)) {
    log::warning(
        "a daemon (process {}) keeps {} up and will bring it up again; stop that first, for example with `systemctl stop innernet@{}`",
        *daemon, name.str(), name.str());
  }
  return Ending::kDone;
}

}  // namespace

Row down_command() { return row({.name = "down", .sentence = "Take a network down.", .example = "down evilcorp"}, define, run); }

}  // namespace innernet::client
