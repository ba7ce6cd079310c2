#pragma once

#include "obtain_state.hpp"
#include "round.hpp"

namespace innernet::client {

/// Reports the addresses at which others may find us, if the server does not have them. A failure is only warned about.
void report_candidates(const Round& round, const ObtainedState& obtained, std::uint16_t listen_port);

}  // namespace innernet::client
