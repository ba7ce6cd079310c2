#include "outsiders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace innernet::client {

std::vector<Peer> take_outsiders(State& state, const IpNet& network) {
  const auto is_outside = [&](const Peer& peer) { return !network.contains(peer.ip); };
  std::vector<Peer> outsiders;
  std::ranges::copy_if(state.peers, std::back_inserter(outsiders), is_outside);
  std::erase_if(state.peers, is_outside);
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
