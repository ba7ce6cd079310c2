#pragma once

#include <optional>
#include <span>
#include <vector>

#include "innernet/client/options.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::client {

/// What to report as our candidates: this machine's `addresses` with the interface's port, and `mapped`, where a router lets others in to
/// us, behind them; without the excluded ones, at most 10.
std::vector<Endpoint> own_candidates(std::span<const IpAddress> addresses, std::span<const SocketAddress> mapped, std::uint16_t listen_port,
                                     const NatOptions& options);

/// Whether the server's list of ours has to be replaced by `ours`: it differs in more than its order and the seen address that the server
/// appends. `listen_port` tells a seen address, which some NAT has given a port of its own, from an address that this machine has lost;
/// what was reported before, `last_report`, from a mapping that has ended.
bool must_report(const std::vector<Endpoint>& ours, const Peer* own_entry, std::uint16_t listen_port,
                 const std::optional<std::vector<Endpoint>>& last_report = {});

}  // namespace innernet::client
