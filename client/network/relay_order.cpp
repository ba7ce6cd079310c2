#include "relay_order.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
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

std::vector<std::size_t> relay_order(std::span<const PeerId> relays, const Peer& one, const Peer& other) {
  std::vector<unsigned> sums;
  for (const PeerId relay : relays) {
    const auto a = distance(one.relay_distances, relay), b = distance(other.relay_distances, relay);
    sums.push_back(a && b ? *a + *b : std::numeric_limits<unsigned>::max());
  }
  std::vector<std::size_t> order(relays.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t place) { return std::pair(sums[place], place); });
  return order;
}

std::vector<RelayDistance> distances_to_say(const std::vector<RelayDistance>& said, std::vector<RelayDistance> now) {
  const bool is_as_said = std::ranges::equal(said, now, [](const RelayDistance& before, const RelayDistance& after) {
    return before.relay == after.relay && is_about(before.milliseconds, after.milliseconds);
  });
  return is_as_said ? said : now;
}

}  // namespace innernet::client
