#include "traversal_turns.hpp"

namespace innernet::client {
namespace {

void add_keys(const std::vector<TraversalPeer>& peers, std::unordered_set<wg::PublicKey>& to) {
  for (const TraversalPeer& peer : peers) to.insert(peer.public_key);
}

}  // namespace

const Turns kTurnsOfDue{
    .interrupts = [](const RoundResult& found, const FetchMemory& memory,
                     BootTime now) { return memory.traversal.has_news(found.due, memory.in_traversal, now); },
    .take =
        [](RoundResult& result, FetchMemory& memory, BootTime now) {
          result.relayed.clear();
          result.due = memory.traversal.take(std::move(result.due), now);
          add_keys(result.due, memory.in_traversal);
          return !result.due.empty();
        },
    .end =
        [](FetchMemory& memory, bool is_interrupted) {
          if (is_interrupted) memory.traversal.give_back(memory.in_traversal);
          memory.in_traversal.clear();
        },
};

const Turns kTurnsOfRelayed{
    .interrupts = [](const RoundResult&, const FetchMemory&, BootTime) { return false; },
    .take =
        [](RoundResult& result, FetchMemory& memory, BootTime now) {
          result.due.clear();
          result.relayed = memory.direct_tries.take(std::move(result.relayed), now, result.own);
          add_keys(result.relayed, memory.tried_directly);
          return !result.relayed.empty();
        },
    .end = [](FetchMemory& memory, bool) { memory.tried_directly.clear(); },
};

}  // namespace innernet::client
