#include "own_device.hpp"

#include <fmt/format.h>

#include "innernet/machine/log.hpp"

namespace innernet::client {

Result<std::optional<OwnDevice>> own_device(const Context& context, const InterfaceName& name, const InterfaceConfig& config) {
  std::unique_ptr<wg::Backend> backend = context.backend(name);
  auto device = backend->get(name);
  if (!device && device.error().kind() == ErrorKind::kNotFound) return std::nullopt;
  if (!device) return std::unexpected(std::move(device).error());
  if (!device->private_key || !wg::same_key(*device->private_key, config.private_key)) {
    log::warning("the interface {} does not have the key of its config, so it was left alone", name.str());
    return std::nullopt;
  }
  return OwnDevice{std::move(backend), *std::move(device)};
}

Result<void> require_own_device(const Context& context, const InterfaceName& name, const InterfaceConfig& config) {
  const auto device = context.backend(name)->get(name);
  if (!device) {
    switch (device.error().kind()) {
      case ErrorKind::kNotFound:
        return fail(ErrorKind::kNotFound, fmt::format("interface {} is down, and its server is reached through it alone; bring it up with: "
                                                      "innernet up {}",
                                                      quoted(name.str()), name.str()));
      case ErrorKind::kPermission:
        return {};
      default:
        return std::unexpected(device.error());
    }
  }
  if (device->public_key == config.private_key.public_key()) return {};
  return fail(ErrorKind::kAlreadyExists,
              fmt::format("interface {} does not have the key of its config: it is another network's, or half configured, so nobody was "
                          "asked. Put that right with: innernet up {}",
                          quoted(name.str()), name.str()));
}

}  // namespace innernet::client
