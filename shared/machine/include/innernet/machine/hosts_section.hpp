#pragma once

#include <span>
#include <vector>

#include "innernet/base/interface_name.hpp"
#include "innernet/hostsfile/hostsfile.hpp"
#include "innernet/values/options.hpp"
#include "innernet/values/peer.hpp"

namespace innernet {

/// A line for each of `peers`, as the section of `interface` in the hosts file has it. Which peers these are is the caller's: a client
/// lists all of a state, the server those that are enabled and redeemed.
std::vector<hostsfile::Entry> hosts_entries(std::span<const Peer> peers, const HostsOptions& options, const InterfaceName& interface);

}  // namespace innernet
