#include "ask_relays.hpp"

#include "innernet/machine/log.hpp"
#include "innernet/relay/probe.hpp"

namespace innernet::client {

RelayCare::Ask ask_relays_as(const wg::PrivateKey& own) {
  return [own](std::span<const UsedRelay> relays, const Stop& stop) {
    std::vector<relay::ProbeTarget> targets;
    for (const UsedRelay& relay : relays) targets.push_back({.key = relay.public_key, .address = relay.at});
    std::vector<std::optional<std::chrono::milliseconds>> took(relays.size());
    const auto answers = relay::probe(own, targets, std::chrono::milliseconds(1'500), stop.fd());
    if (!answers) {
      if (answers.error().kind() != ErrorKind::kInterrupted) log::debug("asking relays: {}", answers.error().message());
      return took;
    }
    for (std::size_t place = 0; place < took.size(); ++place)
      if (const auto& answer = (*answers)[place]) took[place] = std::chrono::round<std::chrono::milliseconds>(answer->round_trip);
    return took;
  };
}

}  // namespace innernet::client
