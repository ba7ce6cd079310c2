#include "own_device.hpp"

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

}  // namespace innernet::client
