#include "own_candidates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "innernet/machine/local_addresses.hpp"

namespace innernet::client {

std::vector<Endpoint> own_candidates(std::span<const IpAddress> addresses, std::span<const SocketAddress> mapped, std::uint16_t listen_port,
                                     const NatOptions& options) {
  std::vector<Endpoint> candidates;
  if (options.no_candidates || listen_port == 0) return candidates;
  const auto is_excluded = [&](const IpAddress& address) {
    return std::ranges::any_of(options.exclude_candidates, [&](const IpNet& net) { return net.contains(address); });
  };
  const auto add = [&](const SocketAddress& address, std::size_t most) {
    if (candidates.size() >= most || is_excluded(address.ip)) return;
    auto endpoint = Endpoint::parse(address.to_string());
    if (endpoint && std::ranges::find(candidates, *endpoint) == candidates.end()) candidates.push_back(*std::move(endpoint));
  };
  // Of many addresses the last ones give way to a mapping.
  for (const IpAddress& address : addresses) add({address, listen_port}, kMaxCandidates - std::min(mapped.size(), kMaxCandidates));
  for (const SocketAddress& address : mapped) add(address, kMaxCandidates);
  return candidates;
}

bool must_report(const std::vector<Endpoint>& ours, const Peer* own_entry, std::uint16_t listen_port,
                 const std::optional<std::vector<Endpoint>>& last_report) {
  if (own_entry == nullptr) return true;
  const auto& known = own_entry->candidates;
  if (std::ranges::is_permutation(known, ours)) return false;
  const bool one_more = known.size() == ours.size() + 1;
  const bool was_ours = one_more && last_report && std::ranges::find(*last_report, known.back()) != last_report->end();
  return !one_more || was_ours || known.back().port() == listen_port ||
         !std::is_permutation(ours.begin(), ours.end(), known.begin(), known.end() - 1);
}

}  // namespace innernet::client
