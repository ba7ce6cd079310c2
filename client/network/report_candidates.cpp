#include "report_candidates.hpp"

#include "innernet/machine/log.hpp"
#include "own_candidates.hpp"

namespace innernet::client {

void report_candidates(const Round& round, Origin origin, const Peer* own_entry, std::uint16_t listen_port) {
  FetchMemory& memory = round.memory;
  const auto addresses = round.machine.local_addresses();
  if (!addresses) {
    log::warning("the addresses of this machine are not known, so none is reported: {}", addresses.error().message());
    return;
  }
  auto candidates = own_candidates(*addresses, memory.mapped, listen_port, round.options.nat);
  if (is_reported(candidates, memory.reported, origin)) return;
  if (must_report(candidates, own_entry, listen_port, memory.reported)) {
    const BootTime now = round.machine.clock().boot();
    if (memory.report_after && now < *memory.report_after) return;
    log::debug("reporting {} candidates", candidates.size());
    if (const auto put = memory.client_of(round.config, round.name, round.machine).put_candidates(candidates); !put) {
      memory.reported.reset();
      // Stopped, or by a change of this machine's network, of which the next round reports.
      if (put.error().kind() == ErrorKind::kInterrupted) return;
      log::warning("{}", report_failure(put.error()));
      memory.report_after = now + report_pause(put.error());
      return;
    }
  }
  memory.reported = std::move(candidates);
}

}  // namespace innernet::client
