#include "admin.hpp"

#include <algorithm>

#include "innernet/base/printable.hpp"
#include "innernet/client/networks.hpp"
#include "own_device.hpp"

namespace innernet::client {

Result<Admin> Admin::open(const Context& context, const InterfaceName& interface) {
  TRY(InterfaceConfig config, read_config(context.folders(), interface));
  TRY_VOID(require_own_device(context, interface, config));
  return Admin(interface, std::move(config), context);
}

Error Admin::explain(std::string_view doing, RequestError error) const {
  std::string hint;
  if (error.kind() == ErrorKind::kUnreachable)
    hint = fmt::format(" (is the network up? `innernet up {}` brings it up)", interface_.str());
  else if (error.status() == 401)
    hint = " (this peer is not an admin)";
  return Error(error.kind(), fmt::format("{}: {}{}", doing, error.message(), hint));
}

Result<Peer> find_peer(const std::vector<Peer>& peers, const std::string& name) {
  const auto found = std::ranges::find_if(peers, [&name](const Peer& peer) { return peer.name.str() == name; });
  if (found == peers.end()) return fail(ErrorKind::kNotFound, fmt::format("there is no peer {}", quoted(name)));
  return *found;
}

std::vector<Peer> others(std::vector<Peer> peers) {
  std::erase_if(peers, [](const Peer& peer) { return peer.id == kServerPeer; });
  return peers;
}

Result<Cidr> find_cidr(const std::vector<Cidr>& cidrs, const std::string& name) {
  const auto found = std::ranges::find(cidrs, name, &Cidr::name);
  if (found == cidrs.end()) return fail(ErrorKind::kNotFound, fmt::format("there is no CIDR {}", quoted(name)));
  return *found;
}

}  // namespace innernet::client
