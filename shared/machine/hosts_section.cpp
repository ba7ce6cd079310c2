#include "innernet/machine/hosts_section.hpp"

namespace innernet {

std::vector<hostsfile::Entry> hosts_entries(std::span<const Peer> peers, const HostsOptions& options, const InterfaceName& interface) {
  std::vector<hostsfile::Entry> entries;
  entries.reserve(peers.size());
  for (const Peer& peer : peers) entries.push_back({peer.ip, options.host_name(peer.name.str(), interface.str())});
  return entries;
}

}  // namespace innernet
