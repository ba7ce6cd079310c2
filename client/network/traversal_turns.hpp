#pragma once

#include "fetch_round.hpp"

namespace innernet::client {

// Who has a turn in the traversal beside a network's rounds. Decides; BackgroundTraversal has the thread.

/// Whether one that is under way should end for what the last round has found: one that has just come does not wait for the others' lists,
/// which may take minutes.
bool interrupts_traversal(const RoundResult& found, const FetchMemory& memory, BootTime now);
/// Leaves in `result` those whose turn it is, which are in traversal from now on. False: nobody.
bool take_turns(RoundResult& result, FetchMemory& memory, BootTime now);
/// Those who were in traversal no longer are. One that was interrupted has not been their turn.
void end_turns(FetchMemory& memory, bool is_interrupted);

}  // namespace innernet::client
