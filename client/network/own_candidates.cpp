#include "own_candidates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "innernet/machine/local_addresses.hpp"

namespace innernet::client {

std::vector<Endpoint> own_candidates(std::span<const IpAddress> addresses, std::uint16_t listen_port, const NatOptions& options) {
  std::vector<Endpoint> candidates;
  if (options.no_candidates || listen_port == 0) return candidates;
  for (const IpAddress& address : addresses) {
    if (candidates.size() == kMaxCandidates) break;
    if (std::ranges::any_of(options.exclude_candidates, [&](const IpNet& net) { return net.contains(address); })) continue;
    if (auto endpoint = Endpoint::parse(SocketAddress{address, listen_port}.to_string())) candidates.push_back(*std::move(endpoint));
  }
  return candidates;
}

bool must_report(const std::vector<Endpoint>& ours, const Peer* own_entry, std::uint16_t listen_port) {
  if (own_entry == nullptr) return true;
  const auto& known = own_entry->candidates;
  if (std::ranges::is_permutation(known, ours)) return false;
  const bool one_more = known.size() == ours.size() + 1;
  return !one_more || known.back().port() == listen_port || !std::is_permutation(ours.begin(), ours.end(), known.begin(), known.end() - 1);
}

}  // namespace innernet::client
