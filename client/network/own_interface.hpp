#pragma once

#include <optional>

#include "round.hpp"

namespace innernet::client {

/// A device as it was at a moment. Reading a large one twice costs.
struct DeviceReading {
  std::optional<wg::Device> device;
  BootTime read_at{};

  /// After a slow answer, a handshake may have made an endpoint work that must be left alone.
  bool is_fresh(BootTime now) const;
};

/// Makes sure that the network's interface is up, or refuses, see interface_action().
Result<DeviceReading> own_interface(const Round& round, const std::optional<wg::PublicKey>& invitation);

}  // namespace innernet::client
