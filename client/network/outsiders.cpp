#include "outsiders.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace innernet::client {

std::vector<Peer> take_outsiders(State& state, const IpNet& network) {
  const auto is_inside = [&](const Peer& peer) { return network.contains(peer.ip); };
  const auto rest = std::ranges::stable_partition(state.peers, is_inside);
  std::vector<Peer> outsiders(std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
  state.peers.erase(rest.begin(), rest.end());
  return outsiders;
}

std::string warning_about(const std::vector<Peer>& outsiders, const IpNet& network) {
  constexpr std::size_t kNamed = 3;
  std::string who;
  for (std::size_t i = 0; i < std::min(kNamed, outsiders.size()); ++i)
    fmt::format_to(std::back_inserter(who), "{}{} ({})", i == 0 ? "" : ", ", outsiders[i].name.str(), outsiders[i].ip.to_string());
  if (outsiders.size() > kNamed) fmt::format_to(std::back_inserter(who), " and {} more", outsiders.size() - kNamed);
  return fmt::format("the server lists peers outside of {}, which are skipped: {}", network.to_string(), who);
}

}  // namespace innernet::client
