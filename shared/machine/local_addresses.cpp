#include "innernet/machine/local_addresses.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <system_error>

namespace innernet {

std::vector<IpAddress> local_candidates(std::span<const netlink::Link> links, std::span<const netlink::Address> addresses,
                                        std::span<const InterfaceName> own) {
  const auto is_eligible = [&](const netlink::Address& address) {
    const IpAddress& ip = address.net.address();
    if (address.scope != RT_SCOPE_UNIVERSE || ip.is_unspecified() || ip.is_loopback() || ip.is_multicast()) return false;
    const auto link = std::ranges::find(links, address.link_index, &netlink::Link::index);
    if (link != links.end() && std::ranges::find(own, link->name) != own.end()) return false;
    // The address is somebody else's, the kernel has found; nothing arrives here.
    if ((address.flags & IFA_F_DADFAILED) != 0) return false;
    if (ip.is_v6()) return ip.is_unicast_global_v6();
    return link != links.end() && link->is_running && !link->is_loopback && address.label == link->name.str();
  };
  std::vector<IpAddress> out;
  for (const netlink::Address& address : addresses) {
    if (out.size() == kMaxCandidates) break;
    if (is_eligible(address) && std::ranges::find(out, address.net.address()) == out.end()) out.push_back(address.net.address());
  }
  return out;
}

Result<std::vector<IpAddress>> local_candidates(std::span<const InterfaceName> own) {
  TRY_CONTEXT(const auto links, netlink::list_links(), "looking for local addresses");
  TRY_CONTEXT(const auto addresses, netlink::list_addresses(), "looking for local addresses");
  return local_candidates(links, addresses, own);
}

std::vector<InterfaceName> interfaces_with_config(const std::filesystem::path& folder) {
  std::vector<InterfaceName> out;
  std::error_code failure;
  for (std::filesystem::directory_iterator file(folder, failure), end; !failure && file != end; file.increment(failure)) {
    const auto& path = file->path();
    if (path.extension() != ".conf" || path.filename().string().starts_with('.')) continue;
    if (auto name = InterfaceName::parse(path.stem().string())) out.push_back(*std::move(name));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace innernet
