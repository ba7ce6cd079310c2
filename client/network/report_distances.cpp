#include "report_distances.hpp"

#include "innernet/machine/log.hpp"
#include "relay_order.hpp"

namespace innernet::client {

void report_distances(const Round& round, const Peer& own_entry) {
  FetchMemory& memory = round.memory;
  if (!memory.relay_distances || !memory.capabilities || !memory.capabilities->peer_relays) return;
  const auto to_say = distances_to_say(own_entry.relay_distances, *memory.relay_distances);
  const BootTime now = round.machine.clock().boot();
  if (to_say == own_entry.relay_distances || (memory.distances_after && now < *memory.distances_after)) return;
  // What has been said comes back with a state that may be ten seconds late.
  memory.distances_after = now + std::chrono::seconds(30);
  if (const auto put = memory.client_of(round.config, round.name, round.machine).put_relay_distances(to_say); !put)
    log::debug("{}", put.error().message());
}

}  // namespace innernet::client
