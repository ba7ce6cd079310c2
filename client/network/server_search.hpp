#pragma once

#include "innernet/client/data_store.hpp"
#include "own_interface.hpp"

namespace innernet::client {

/// Sees to it that the server's peer has an endpoint, where the server can't be asked without: its name is looked up in each round.
/// `reading` is forgotten when the device was changed.
Result<void> find_server(const Round& round, DeviceReading& reading);

}  // namespace innernet::client
