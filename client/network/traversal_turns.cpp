#include "traversal_turns.hpp"

namespace innernet::client {

bool interrupts_traversal(const RoundResult& found, const FetchMemory& memory, BootTime now) {
  return memory.traversal.has_news(found.due, memory.in_traversal, now);
}

bool take_turns(RoundResult& result, FetchMemory& memory, BootTime now) {
  result.relayed = memory.direct_tries.take(std::move(result.relayed), now);
  result.due = memory.traversal.take(std::move(result.due), now);
  for (const auto* peers : {&result.due, &result.relayed})
    for (const TraversalPeer& peer : *peers) memory.in_traversal.insert(peer.public_key);
  return !result.due.empty() || !result.relayed.empty();
}

void end_turns(FetchMemory& memory, bool is_interrupted) {
  if (is_interrupted) memory.traversal.give_back(memory.in_traversal);
  memory.in_traversal.clear();
}

}  // namespace innernet::client
