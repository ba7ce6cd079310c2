#include "innernet/client/invitation.hpp"

#include <fmt/format.h>

#include "innernet/values/network_range.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kLongestName = 63;  // bytes, as of any name in innernet

// A program on this machine may carry WireGuard's packets over another protocol.
bool is_on_this_machine(const Endpoint& endpoint) {
  const auto* ip = std::get_if<IpAddress>(&endpoint.host());
  return ip != nullptr && ip->is_loopback() && endpoint.port() != 0;
}

Result<void> check_server(const InterfaceConfig& invitation, const IpNet& network) {
  const SocketAddress& internal = invitation.server_internal_endpoint;
  if (!network.contains(internal.ip) || internal.ip == invitation.address.address() || internal.port == 0)
    return invalid_input(fmt::format("server.internal-endpoint: {} is not where another machine inside of {} can have an API",
                                     internal.to_string(), network.to_string()));
  const Endpoint& external = invitation.server_external_endpoint;
  if (!can_be_outside(external, network) && !is_on_this_machine(external))
    return invalid_input(fmt::format("server.external-endpoint: the server can't be reached at {}: that is not an address outside of {}",
                                     external.to_string(), network.to_string()));
  return {};
}

}  // namespace

Result<void> check_invitation(const InterfaceConfig& invitation) {
  const std::string& name = invitation.network_name;
  if (name.empty() || name.size() > kLongestName)
    return invalid_input(fmt::format("interface.network-name: {} is not a name of 1 to {} bytes", quoted(name), kLongestName));
  const IpNet network = invitation.address.truncated();
  TRY_VOID_CONTEXT(check_network_range(network), "interface.address");
  TRY_VOID(check_server(invitation, network));
  for (const auto& [ip, endpoint] : invitation.peer_endpoint_overrides)
    if (!network.contains(ip) || !can_be_outside(endpoint, network))
      return invalid_input(fmt::format("peer-endpoint-overrides: {} at {} is not a peer of {} outside of it", ip.to_string(),
                                       endpoint.to_string(), network.to_string()));
  return {};
}

Result<InterfaceConfig> read_invitation(const std::filesystem::path& path) {
  constexpr std::string_view kDoing = "reading the invitation";
  TRY_CONTEXT(InterfaceConfig invitation, InterfaceConfig::read(path), kDoing);
  if (auto checked = check_invitation(invitation); !checked)
    return std::unexpected(std::move(checked).error().context(path.string()).context(kDoing));
  return invitation;
}

}  // namespace innernet::client
