#pragma once

#include "round.hpp"

namespace innernet::client {

/// Reports the addresses at which others may find us, if the server does not have them: `own_entry` is what its state says of us, if
/// anything. A failure is only warned about.
void report_candidates(const Round& round, Origin origin, const Peer* own_entry, std::uint16_t listen_port);

}  // namespace innernet::client
