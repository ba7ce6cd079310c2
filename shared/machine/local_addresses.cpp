#include "innernet/machine/local_addresses.hpp"

#include <algorithm>
#include <system_error>

namespace innernet {

std::vector<IpAddress> local_candidates(std::span<const Link> links, std::span<const LinkAddress> addresses,
                                        std::span<const InterfaceName> own) {
  const auto is_eligible = [&](const LinkAddress& address) {
    const IpAddress& ip = address.net.address();
    if (!address.is_global || ip.is_unspecified() || ip.is_loopback() || ip.is_multicast()) return false;
    const auto link = std::ranges::find(links, address.link_index, &Link::index);
    if (link != links.end() && std::ranges::find(own, link->name) != own.end()) return false;
    if (address.is_duplicate) return false;  // nothing arrives here
    if (ip.is_v6()) return ip.is_unicast_global_v6();
    return link != links.end() && link->is_running && !link->is_loopback && address.label == link->name.str();
  };
  std::vector<IpAddress> out;
  for (const LinkAddress& address : addresses) {
    if (out.size() == kMaxCandidates) break;
    if (is_eligible(address) && std::ranges::find(out, address.net.address()) == out.end()) out.push_back(address.net.address());
  }
  return out;
}

Result<std::vector<IpAddress>> local_candidates(std::span<const InterfaceName> own, NetworkStack& stack) {
  TRY_CONTEXT(const auto links, stack.list_links(), "looking for local addresses");
  TRY_CONTEXT(const auto addresses, stack.list_addresses(), "looking for local addresses");
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
