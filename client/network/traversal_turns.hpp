#pragma once

#include "fetch_round.hpp"

namespace innernet::client {

/// Who has a turn in what goes on beside a network's rounds. Decides; BackgroundTraversal has the thread.
struct Turns {
  /// Whether what is under way should end for what the last round has found.
  bool (*interrupts)(const RoundResult& found, const FetchMemory& memory, BootTime now);
  /// Leaves in `result` those whose turn it is, whose endpoints are left alone from now on. False: nobody.
  bool (*take)(RoundResult& result, FetchMemory& memory, BootTime now);
  /// They no longer are. What was interrupted has not been their turn.
  void (*end)(FetchMemory& memory, bool is_interrupted);
};

/// NAT traversal's. One that has just come does not wait for the others' lists, which may take minutes.
extern const Turns kTurnsOfDue;
/// Direct tries'. They don't wait for a traversal, because the other side makes its try at the same time, and does not.
extern const Turns kTurnsOfRelayed;

}  // namespace innernet::client
