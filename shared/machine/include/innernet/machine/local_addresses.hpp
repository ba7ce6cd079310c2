#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/machine/network_stack.hpp"

namespace innernet {

/// As many candidates as a peer may report.
constexpr std::size_t kMaxCandidates = 10;

/// Which of a machine's addresses another peer may try, at most kMaxCandidates, in the system's order, each once. IPv4: of global scope and
/// labelled with the name of a link that runs and is no loopback (so tun, ppp and dummy links, whose state is unknown, and alias labels are
/// out). IPv6: of global scope and unicast global, on any link. Never an address of one of the `own` interfaces: what comes through the
/// tunnel can't carry it.
std::vector<IpAddress> local_candidates(std::span<const Link> links, std::span<const LinkAddress> addresses,
                                        std::span<const InterfaceName> own);

/// The same of this machine, now.
Result<std::vector<IpAddress>> local_candidates(std::span<const InterfaceName> own, NetworkStack& stack = system_network_stack());

/// The networks that a config folder holds: the stems of its `*.conf` files that are interface names, without those that start with a dot.
/// A folder that can't be read has none.
std::vector<InterfaceName> interfaces_with_config(const std::filesystem::path& folder);

}  // namespace innernet
