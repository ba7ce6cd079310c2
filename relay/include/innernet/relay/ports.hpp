#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace innernet::relay {

/// What is to be done about the relay's port.
struct RelayPorts {
  bool is_right = false;              ///< the relay stays where it is
  std::vector<std::uint16_t> to_try;  ///< else: one after the other, while another program has them. None: there is no such port.

  friend bool operator==(const RelayPorts&, const RelayPorts&) = default;
};

/// How many ports are tried at a look.
constexpr std::size_t kMostRelayPorts = 16;

/// A relay that runs (at `now`) stays, unless its port is `taken`, the network's own, or another than `given`. What is tried is `given`, or
/// else the first ones behind the network's own port that are not `taken`: by other networks of this machine, for all that is known. Their
/// relays have ports of which nothing says so.
RelayPorts relay_ports(std::uint16_t listen_port, std::optional<std::uint16_t> now, std::optional<std::uint16_t> given,
                       const std::set<std::uint16_t>& taken);

}  // namespace innernet::relay
