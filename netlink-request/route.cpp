#include "innernet/netlink/route.hpp"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "innernet/netlink/request.hpp"
#include "innernet/netlink/route_message.hpp"

namespace innernet::netlink {
namespace {

template <class T>
Result<T> named(Outcome<T> outcome, std::string_view doing) {
  if (!outcome) return std::unexpected(outcome.error().to_error(doing));
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(outcome);
}

Outcome<void> change(Message request) {
  TRY(Connection connection, Connection::open(NETLINK_ROUTE));
  return connection.acknowledge(request);
}

template <class T>
Outcome<std::vector<T>> list(Message request, Outcome<std::optional<T>> (*decode)(const MessageView&)) {
  TRY(Connection connection, Connection::open(NETLINK_ROUTE));
  std::vector<T> found;
  TRY_VOID(connection.dump(
      request, [&found] { found.clear(); },
      [&found, decode](const MessageView& message) -> Outcome<void> {
        TRY(auto one, decode(message));
        if (one) found.push_back(*std::move(one));
        return {};
      }));
  return found;
}

Outcome<std::optional<Link>> find(const InterfaceName& name) {
  TRY(Connection connection, Connection::open(NETLINK_ROUTE));
  Message request = encode_find_link(name);
  std::optional<Link> found;
  const auto asked = connection.ask(request, [&found](const MessageView& message) -> Outcome<void> {
    TRY(auto link, decode_link(message));
    if (link) found = std::move(link);
    return {};
  });
  if (!asked && asked.error().code != ENODEV) return std::unexpected(asked.error());
  return found;
}

Result<Link> require_link(const InterfaceName& name, std::string_view doing) {
  TRY(auto link, named(find(name), doing));
  if (!link) return fail(ErrorKind::kNotFound, fmt::format("{}: there is no interface of this name", doing));
  return *std::move(link);
}

Outcome<bool> routed_through(int link_index, const IpNet& network) {
  const auto routes = list(encode_list_routes(link_index, network.address().is_v6()), decode_route);
  // A link without any route, or one that has just gone, is an error to kernels that filter.
  if (!routes && (routes.error().code == ENODEV || routes.error().code == ENOENT)) return false;
  if (!routes) return std::unexpected(routes.error());
  for (const Route& route : *routes)
    if (route.link_index == link_index && route.destination == network) return true;
  return false;
}

}  // namespace

Result<std::optional<Link>> find_link(const InterfaceName& name) {
  return named(find(name), fmt::format("looking for interface {}", name.str()));
}

Result<std::vector<Link>> list_links() { return named(list(encode_list_links(), decode_link), "listing interfaces"); }

Result<void> create_link(const InterfaceName& name, const std::string& kind) {
  const std::string doing = fmt::format("creating interface {} of kind {}", name.str(), kind);
  auto created = change(encode_create_link(name, kind));
  if (!created && created.error().code == EOPNOTSUPP)
    return fail(ErrorKind::kUnsupported,
                fmt::format("{}: the kernel does not know this kind of interface (is its module installed?)", doing));
  return named(std::move(created), doing);
}

Result<void> delete_link(const InterfaceName& name) {
  const std::string doing = fmt::format("removing interface {}", name.str());
  TRY(const Link link, require_link(name, doing));
  return named(change(encode_delete_link(link.index)), doing);
}

Result<void> set_link_up(const InterfaceName& name, std::uint32_t mtu) {
  return named(change(encode_set_link_up(name, mtu)), fmt::format("bringing interface {} up with MTU {}", name.str(), mtu));
}

Result<std::vector<Address>> list_addresses() { return named(list(encode_list_addresses(), decode_address), "listing addresses"); }

Result<void> set_address(const InterfaceName& name, const IpNet& address) {
  const std::string doing = fmt::format("setting address {} on interface {}", address.to_string(), name.str());
  TRY(const Link link, require_link(name, doing));
  return named(change(encode_set_address(link.index, address)), doing);
}

Result<void> add_route(const InterfaceName& name, const IpNet& network) {
  const IpNet destination = network.truncated();
  const std::string doing = fmt::format("adding a route to {} through interface {}", destination.to_string(), name.str());
  TRY(const Link link, require_link(name, doing));
  auto added = change(encode_add_route(link.index, destination));
  if (added || added.error().code != EEXIST) return named(std::move(added), doing);
  // EEXIST speaks of the destination alone: the route may be somebody else's.
  TRY(const bool ours, named(routed_through(link.index, destination), doing));
  if (ours) return {};
  return fail(ErrorKind::kAlreadyExists,
              fmt::format("{}: the destination is already routed elsewhere (see: ip route show {})", doing, destination.to_string()));
}

Result<bool> has_route(const InterfaceName& name, const IpNet& network) {
  const std::string doing = fmt::format("looking for a route to {} through interface {}", network.truncated().to_string(), name.str());
  TRY(const auto link, named(find(name), doing));
  if (!link) return false;
  return named(routed_through(link->index, network.truncated()), doing);
}

Result<std::optional<Way>> find_way(const IpAddress& destination) {
  const auto find = [&]() -> Outcome<std::optional<Way>> {
    TRY(Connection connection, Connection::open(NETLINK_ROUTE));
    Message request = encode_find_way(destination);
    std::optional<Way> found;
    const auto asked = connection.ask(request, [&found](const MessageView& message) -> Outcome<void> {
      TRY(auto way, decode_way(message));
      if (way) found = way;
      return {};
    });
    // Also where a rule forbids it, or the system has no IPv6.
    constexpr int kNoWay[] = {ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EAFNOSUPPORT, EOPNOTSUPP};
    if (!asked && std::ranges::find(kNoWay, asked.error().code) != std::end(kNoWay)) return std::nullopt;
    if (!asked) return std::unexpected(asked.error());
    return found;
  };
  return named(find(), fmt::format("looking for the way to {}", destination.to_string()));
}

}  // namespace innernet::netlink
