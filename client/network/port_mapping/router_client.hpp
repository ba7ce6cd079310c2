#pragma once

#include "innernet/client/stop.hpp"
#include "innernet/machine/gateway.hpp"
#include "mapping_plan.hpp"
#include "port_control.hpp"
#include "upnp_messages.hpp"

namespace innernet::client {

/// Where a router listens; of tests others.
struct RouterPorts {
  std::uint16_t control = kPortControlPort;
  std::uint16_t search = kSearchPort;
};

/// A router that does not map, and why.
struct RouterFailure {
  MappingFailure kind = MappingFailure::kNoAnswer;
  Error why;
};
template <class T>
using FromRouter = std::expected<T, RouterFailure>;

/// Asks a router for mappings, by the protocol that it is told to. Blocks for some seconds at most.
class RouterClient {
 public:
  explicit RouterClient(RouterPorts ports = {}) : ports_(ports) {}

  FromRouter<MappingGrant> map(const AskToMap& ask, const PcpNonce& nonce, const Stop* stop);
  /// In a second or two, as it is the last thing that is done.
  FromRouter<void> withdraw(const HeldMapping& mapping, const PcpNonce& nonce);
  /// The router's own address outside, by UPnP.
  FromRouter<IpAddress> upnp_address(const Gateway& place, const Stop* stop);

 private:
  FromRouter<MappingGrant> map_by_pcp(const AskToMap& ask, const PcpNonce& nonce, const Stop* stop);
  FromRouter<MappingGrant> map_by_nat_pmp(const AskToMap& ask, const Stop* stop);
  FromRouter<MappingGrant> map_by_upnp(const AskToMap& ask, const Stop* stop);
  FromRouter<UpnpService> find_service(const Gateway& place, const Stop* stop);

  RouterPorts ports_;
  std::optional<std::pair<Gateway, UpnpService>> service_;  // that was found last
};

FromRouter<AddressAnswer> ask_nat_pmp_address(const Gateway& place, std::uint16_t port, const Stop* stop);

}  // namespace innernet::client
