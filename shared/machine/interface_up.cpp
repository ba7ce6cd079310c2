#include "innernet/machine/interface_up.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace innernet {
namespace {

bool has_no_key(const wg::Device& device) { return !device.private_key && !device.public_key; }

// Without the right to see a private key, the public one tells as much.
bool has_key(const wg::Device& device, const wg::PrivateKey& key) {
  if (device.private_key) return wg::same_key(*device.private_key, key);
  return device.public_key && *device.public_key == key.public_key();
}

// Userspace implementations put a TUN under the interface; that alone does not make one WireGuard's. `device` is filled when it was asked
// for.
Result<bool> is_wireguard(wg::Backend& backend, const Link& link, std::optional<wg::Device>& device) {
  if (link.kind == LinkKind::kWireguard) return true;
  if (link.kind != LinkKind::kTun) return false;
  auto answer = backend.get(link.name);
  if (!answer) {
    if (answer.error().kind() == ErrorKind::kNotFound) return false;
    return std::unexpected(std::move(answer).error());
  }
  device = *std::move(answer);
  return true;
}

// Fails unless the interface that is there is ours to configure.
Result<void> check_ours(wg::Backend& backend, const Link& link, const wg::DeviceUpdate& update, const wg::PrivateKey* also_ours) {
  std::optional<wg::Device> device;
  TRY(const bool wireguard, is_wireguard(backend, link, device));
  if (!wireguard) {
    return fail(
        ErrorKind::kAlreadyExists,
        fmt::format("there is a network interface {} already, and it is not WireGuard's: rename it, or choose another name for the network",
                    quoted(link.name.str())));
  }
  if (!device) {
    TRY(device, backend.get(link.name));
  }
  const bool ours = has_no_key(*device) || (update.private_key && has_key(*device, *update.private_key)) ||
                    (also_ours != nullptr && has_key(*device, *also_ours));
  if (!ours) {
    return fail(ErrorKind::kAlreadyExists, fmt::format("there is a WireGuard interface {} already, with another private key: something "
                                                       "else made it; remove it (ip link delete {}), or "
                                                       "choose another name for the network",
                                                       quoted(link.name.str()), link.name.str()));
  }
  return {};
}

Result<void> check_mtu(const IpNet& address, std::uint32_t mtu) {
  constexpr std::uint32_t kLeastOfIpv6 = 1280;  // RFC 8200, 5
  if (address.address().is_v4() || mtu >= kLeastOfIpv6) return {};
  return invalid_input(fmt::format("--mtu {} is too small: an IPv6 network such as {} needs an MTU of at least {} bytes", mtu,
                                   address.truncated().to_string(), kLeastOfIpv6));
}

Result<void> configure(wg::Backend& backend, const InterfaceName& name, const IpNet& address, const wg::DeviceUpdate& update,
                       const NetworkOptions& options, NetworkStack& stack) {
  TRY_VOID(backend.apply(name, update));
  // With its MTU first: a link whose MTU somebody has lowered beneath that of IPv6 takes no such address (net/ipv6/addrconf.c).
  TRY_VOID(stack.set_link_up(name, options.mtu));
  TRY_VOID(stack.set_address(name, address));
  if (!options.no_routing) TRY_VOID(stack.add_route(name, address.truncated()));
  return {};
}

}  // namespace

Result<void> bring_up(wg::Backend& backend, const InterfaceName& name, const IpNet& address, const wg::DeviceUpdate& update,
                      const NetworkOptions& options, const wg::PrivateKey* also_ours, NetworkStack& stack) {
  const std::string doing = fmt::format("bringing up interface {}", quoted(name.str()));
  TRY_VOID_CONTEXT(check_mtu(address, options.mtu), doing);
  TRY_CONTEXT(auto link, stack.find_link(name), doing);
  if (link) {
    auto ours = check_ours(backend, *link, update, also_ours);
    if (!ours) {
      // One that was just ending is gone meanwhile.
      TRY_CONTEXT(link, stack.find_link(name), doing);
      if (link) return std::unexpected(std::move(ours).error().context(doing));
    }
  }
  if (!link) {
    TRY_VOID_CONTEXT(backend.create(name), doing);
  }

  auto configured = configure(backend, name, address, update, options, stack);
  if (configured) return {};
  Error error = std::move(configured).error().context(doing);
  if (!link) {
    if (const auto removed = backend.remove(name); !removed) {
      return fail(error.kind(),
                  fmt::format("{}; and the interface could not be removed again: {}", error.message(), removed.error().message()));
    }
  }
  return std::unexpected(std::move(error));
}

namespace {

Result<InterfaceStatus> status_of(const wg::Device& device, const Link& link, const IpNet& address, const wg::PrivateKey& key,
                                  const NetworkOptions& options, NetworkStack& stack) {
  if (has_no_key(device)) return InterfaceStatus::kIncomplete;
  if (!has_key(device, key)) return InterfaceStatus::kForeign;
  if (!link.is_up) return InterfaceStatus::kIncomplete;
  TRY_CONTEXT(const auto addresses, stack.list_addresses(), fmt::format("looking for the address of interface {}", link.name.str()));
  const bool has_address =
      std::ranges::any_of(addresses, [&](const LinkAddress& there) { return there.link_index == link.index && there.net == address; });
  if (!has_address) return InterfaceStatus::kIncomplete;
  if (!options.no_routing) {
    TRY(const bool routed, stack.has_route(link.name, address.truncated()));
    if (!routed) return InterfaceStatus::kIncomplete;
  }
  return InterfaceStatus::kUp;
}

}  // namespace

Result<InterfaceView> interface_status(wg::Backend& backend, const InterfaceName& name, const IpNet& address, const wg::PrivateKey& key,
                                       const NetworkOptions& options, NetworkStack& stack) {
  TRY(const auto link, stack.find_link(name));
  InterfaceView view;
  if (!link) return view;
  view.link_index = link->index;
  TRY(const bool wireguard, is_wireguard(backend, *link, view.device));
  if (!wireguard) {
    TRY(const auto still, stack.find_link(name));
    if (!still) return InterfaceView{};
    view.status = InterfaceStatus::kForeign;
    return view;
  }
  if (!view.device) {
    TRY(view.device, backend.get(name));
  }
  TRY(view.status, status_of(*view.device, *link, address, key, options, stack));
  return view;
}

Result<bool> is_wireguard_link(wg::Backend& backend, const InterfaceName& name, NetworkStack& stack) {
  TRY(const auto link, stack.find_link(name));
  if (!link) return false;
  std::optional<wg::Device> unused;
  return is_wireguard(backend, *link, unused);
}

}  // namespace innernet
