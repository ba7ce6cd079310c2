#pragma once

#include <span>
#include <string>
#include <vector>

#include "own_interface.hpp"

namespace innernet::client {

/// In which order to try the `known` addresses of the server, each once: the one that the device has comes first, known or not.
std::vector<SocketAddress> search_order(const std::optional<SocketAddress>& on_device, std::span<const SocketAddress> known);

/// "A, B and C".
std::string text_of(std::span<const SocketAddress> addresses);

/// For an interface that was brought up just now, with the first address of the server's name: where there are more, each gets a second,
/// until there is a handshake. The first one stays when there is none at any.
Result<void> search_new_server(const InterfaceConfig& config, const InterfaceName& name, Machine& machine);

/// The same at the beginning of a round that finds no live tunnel to the server, whose name is looked up each time. Where the last state,
/// if there is one, says that it is, is tried as well: it may have moved, and so may what the config says; that stays. What was tried in
/// vain is left in memory.server_tried. `reading` is forgotten when the device was changed.
Result<void> find_server(const Round& round, DeviceReading& reading, const State* last);

}  // namespace innernet::client
