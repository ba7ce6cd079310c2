#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/values/endpoint.hpp"

namespace innernet::client {

/// The addresses that the system has for a name, in the order in which it would try them. Blocks.
using Lookup = std::function<std::vector<IpAddress>(const std::string& name)>;
Lookup system_lookup();

/// Whether the machine has a route to it. Sends nothing.
using HasRoute = std::function<bool(const IpAddress& to)>;
HasRoute system_routes();

/// Whether it has to be looked up.
inline bool is_name(const Endpoint& endpoint) { return std::holds_alternative<std::string>(endpoint.host()); }

/// Addresses of names, looked up by at most eight threads of our own, because one dead name keeps getaddrinfo(3) busy for half a minute.
/// In a network of IPv6 alone whose router translates (NAT64), an address of IPv4 is the one that stands for it there (RFC 7050). May be
/// used from several threads.
class Resolver {
 public:
  explicit Resolver(Lookup lookup = system_lookup(), HasRoute has_route = system_routes());
  ~Resolver();

  /// Looks up the names among `endpoints` that are not known to fail, together, for at most `patience`. What takes longer goes on in
  /// the background and is known next time. Also ends at a `stop`. For an address of IPv4 without a route, the prefix of the network's
  /// NAT64 is looked up.
  void look_up(std::span<const Endpoint> endpoints, const Clock& clock, const Stop* stop,
               std::chrono::milliseconds patience = std::chrono::seconds(3));

  /// Literals at once, translated where IPv4 has no route and a prefix is known; of names, what the last look-up that was good has brought.
  std::vector<SocketAddress> addresses(const Endpoint& endpoint) const;
  /// The first of them.
  std::optional<SocketAddress> address(const Endpoint& endpoint) const;

  /// After a change of networks: names that failed may be there now.
  void forget_failures();
  /// The next look-up of this one is not put off, however often it has failed: for the one name without which nothing works.
  void forget_failures_of(const Endpoint& endpoint);

  /// Whether a look-up goes on in the background.
  bool is_busy() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace innernet::client
