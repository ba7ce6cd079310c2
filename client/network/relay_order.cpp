#include "relay_order.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace innernet::client {
namespace {

std::optional<unsigned> distance(const std::vector<RelayDistance>& of, PeerId relay) {
  const auto found = std::ranges::find(of, relay, &RelayDistance::relay);
  if (found == of.end()) return std::nullopt;
  return found->milliseconds;
}

bool is_about(unsigned said, unsigned now) { return (said > now ? said - now : now - said) <= std::max(5U, said / 4); }

}  // namespace

std::vector<RelayPlace> relay_order(std::span<const PeerId> relays, const Peer& one, const Peer& other) {
  std::vector<RelayPlace> order;
  for (std::size_t place = 0; place < relays.size(); ++place) {
    const auto a = distance(one.relay_distances, relays[place]), b = distance(other.relay_distances, relays[place]);
    order.push_back({.place = place, .milliseconds = a && b ? std::optional(*a + *b) : std::nullopt});
  }
  std::ranges::sort(
      order, {}, [](const RelayPlace& at) { return std::pair(at.milliseconds.value_or(std::numeric_limits<unsigned>::max()), at.place); });
  return order;
}

bool is_clearly_nearer(unsigned one, unsigned other) { return one <= other && other - one >= std::max(10U, other / 4); }

std::vector<RelayDistance> distances_to_say(const std::vector<RelayDistance>& said, std::vector<RelayDistance> now) {
  const bool is_as_said = std::ranges::equal(said, now, [](const RelayDistance& before, const RelayDistance& after) {
    return before.relay == after.relay && is_about(before.milliseconds, after.milliseconds);
  });
  return is_as_said ? said : now;
}

}  // namespace innernet::client
