#pragma once

#include <memory>
#include <optional>

#include "context.hpp"
#include "innernet/config/config.hpp"

namespace innernet::client {

/// The interface of a network while it is up, for the commands that change a setting of it.
struct OwnDevice {
  std::unique_ptr<wg::Backend> backend;
  wg::Device device;
};

/// None when the interface is down, or is somebody else's (which is warned about): then there is nothing to touch, and nothing is created.
Result<std::optional<OwnDevice>> own_device(const Context& context, const InterfaceName& name, const InterfaceConfig& config);

/// Fails, with the remedy, unless the interface is there with the key of its config. Who lacks the right to look at its key passes: what is
/// bound to the interface then finds out whether there is one.
Result<void> require_own_device(const Context& context, const InterfaceName& name, const InterfaceConfig& config);

}  // namespace innernet::client
