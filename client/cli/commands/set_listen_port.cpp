#include <fmt/format.h>

#include "../own_device.hpp"
#include "commands.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<std::uint16_t> listen_port;  ///< 0 is as unset
  bool unset = false;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("It is applied to the interface if that is up, and kept in the config.");
  define_interface(definition, options);
  definition.option('l', "listen-port", "N",
                    into(options.listen_port,
                         [](std::string_view text) -> Result<std::uint16_t> {
                           TRY(const std::uint64_t port, parse_number(text, 0, 65'535));
                           return static_cast<std::uint16_t>(port);
                         }),
                    "The UDP port that this machine listens on; 0 is as --unset");
  definition.flag('u', "unset", options.unset, "Use a random port");
  define_yes(definition, options.yes);
  definition.conflict("listen-port", "unset");
}

constexpr std::uint16_t kUsualPort = 51820;  // in WireGuard's own documents

using Port = std::optional<std::uint16_t>;  // none: a random one

Port without_zero(Port port) { return port == std::uint16_t{0} ? std::nullopt : port; }

std::string in_words(Port port) { return port ? fmt::format("port {}", *port) : "a random port"; }

Result<void> apply_port(OwnDevice& own, const InterfaceName& name, std::uint16_t port) {
  wg::DeviceUpdate update;
  update.listen_port = port;
  return own.backend->apply(name, update);
}

/// A kernel that was refused the new port has given up the old one.
void restore(OwnDevice& own, const InterfaceName& name) {
  if (const auto restored = apply_port(own, name, own.device.listen_port); !restored)
    log::warning("{} could not get its old port {} back: {}", name.str(), own.device.listen_port, restored.error().message());
}

/// The device first, because it may refuse; then the config, so that both agree in the end.
Result<void> change(const Context& context, const InterfaceName& name, InterfaceConfig config, Port port) {
  TRY(auto own, own_device(context, name, config));
  if (own) {
    if (auto applied = apply_port(*own, name, port.value_or(0)); !applied) {
      restore(*own, name);
      return std::unexpected(
          std::move(applied).error().context(fmt::format("{} can't listen on {}; nothing was changed", name.str(), in_words(port))));
    }
  }
  config.listen_port = port;
  if (auto written = write_config(context.folders(), name, config); !written) {
    // It may be there all the same: replaced, in a folder that could not be synced. Where that can't be known, the same command again puts
    // right an interface that has the new port, but not one that has the old one instead of a random one.
    const auto there = read_config(context.folders(), name);
    if (own && there && there->listen_port != port) restore(*own, name);
    return written;
  }
  return {};
}

/// Whether the interface is up on another port than its config says, as a command that failed halfway may have left it.
bool listens_elsewhere(const Context& context, const InterfaceName& name, const InterfaceConfig& config, Port port) {
  if (!port) return false;
  const auto own = own_device(context, name, config);
  return own && *own && (*own)->device.listen_port != *port;
}

Result<Port> wanted_port(const Options& options, const InterfaceConfig& before, Context& context) {
  if (options.unset || options.listen_port) return without_zero(options.listen_port);
  const std::uint16_t suggestion = without_zero(before.listen_port).value_or(kUsualPort);
  TRY(const std::uint16_t port, wizard::ask_listen_port(context.asker, "--listen-port or --unset", suggestion, 0));
  return without_zero(port);
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& name = options.interface();
  TRY(const InterfaceConfig before, read_config(context.folders(), name));
  TRY(const Port port, wanted_port(options, before, context));
  if (without_zero(before.listen_port) == port && !listens_elsewhere(context, name, before, port)) {
    log::info("no change necessary: {} listens on {} already", name.str(), in_words(port));
    return Ending::kDone;
  }
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Let {} listen on {}?", name.str(), in_words(port))));
  if (!agreed) return Ending::kDone;

  TRY(const FileLock lock, lock_network(context.folders(), name, &context.stop, ReadOnly::kRefused));
  TRY(InterfaceConfig config, read_config(context.folders(), name));
  TRY_VOID(change(context, name, std::move(config), port));
  context.print(fmt::format("{} now listens on {}.", name.str(), in_words(port)));
  context.report(changed().text("network", name.str()).number("listen_port", port));
  return Ending::kDone;
}

}  // namespace

Row set_listen_port_command() {
  return row({.name = "set-listen-port",
              .sentence = "Choose the UDP port of this machine.",
              .example = "set-listen-port evilcorp --listen-port 51820 --yes"},
             define, run);
}

}  // namespace innernet::client
