#pragma once

#include "round.hpp"

namespace innernet::client {

/// Says how far relays are from here, where the server takes it and what its state says of us (`own_entry`) is something else. A failure
/// is only logged: nothing depends on it but which of several relays is taken.
void report_distances(const Round& round, const Peer& own_entry);

}  // namespace innernet::client
