#include "kernel_backend.hpp"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>

#include <cerrno>

#include "innernet/netlink/request.hpp"
#include "innernet/netlink/route.hpp"
#include "kernel_message.hpp"

namespace innernet::wg {
namespace {

constexpr std::string_view kLinkKind = "wireguard";

// Which kernel objects are missing decides what the admin has to do.
Error explained(const netlink::Failure& why, std::string_view doing) {
  switch (why.code) {
    case ENODEV:
      return Error(ErrorKind::kNotFound, fmt::format("{}: there is no interface of this name", doing));
    case EOPNOTSUPP:
      return Error(ErrorKind::kNotFound, fmt::format("{}: the interface of this name is not WireGuard's", doing));
    default:
      return why.to_error(doing);
  }
}

// A connection to the WireGuard family.
struct Family {
  netlink::Connection connection;
  std::uint16_t id;
};

class KernelBackend final : public Backend {
 public:
  explicit KernelBackend(netlink::OpenTransport open_transport) : open_transport_(std::move(open_transport)) {}

  BackendKind kind() const override { return BackendKind::kKernel; }
  std::optional<std::size_t> max_peers() const override { return 1U << 20U; }  // MAX_PEERS_PER_DEVICE, drivers/net/wireguard/messages.h

  Result<std::vector<InterfaceName>> list() override {
    TRY(auto links, netlink::list_links());
    std::vector<InterfaceName> names;
    for (netlink::Link& link : links)
      if (link.kind == kLinkKind) names.push_back(std::move(link.name));
    return names;
  }

  Result<Device> get(const InterfaceName& name) override {
    const std::string doing = fmt::format("reading the WireGuard device {}", name.str());
    TRY(Family family, open_family(doing));
    netlink::Message request = encode_get_device(family.id, name);
    DeviceDump dump(name);
    const auto dumped = family.connection.dump(
        request, [&dump, &name] { dump = DeviceDump(name); }, [&dump](const netlink::MessageView& message) { return dump.add(message); });
    if (!dumped) return std::unexpected(explained(dumped.error(), doing));
    return std::move(dump).take();
  }

  Result<void> create(const InterfaceName& name) override { return netlink::create_link(name, std::string(kLinkKind)); }

  Result<void> apply(const InterfaceName& name, const DeviceUpdate& update) override {
    if (update.empty()) return {};
    const std::string doing = fmt::format("configuring the WireGuard device {}", name.str());
    TRY(Family family, open_family(doing));
    for (netlink::Message& message : encode_set_device(family.id, name, update)) {
      const auto set = family.connection.acknowledge(message);
      if (set) continue;
      if (set.error().code == EADDRINUSE && update.listen_port)
        return fail(ErrorKind::kSystem, fmt::format("{}: UDP port {} is in use by another program", doing, *update.listen_port));
      return std::unexpected(explained(set.error(), doing));
    }
    return {};
  }

  Result<void> remove(const InterfaceName& name) override {
    const std::string doing = fmt::format("removing the WireGuard interface {}", name.str());
    TRY_CONTEXT(const auto link, netlink::find_link(name), doing);
    if (!link) return fail(ErrorKind::kNotFound, fmt::format("{}: there is no interface of this name", doing));
    if (link->kind != kLinkKind)
      return fail(ErrorKind::kNotFound,
                  fmt::format("{}: the interface of this name is not the kernel's WireGuard (its kind is {})", doing, quoted(link->kind)));
    return netlink::delete_link(name);
  }

 private:
  Result<Family> open_family(std::string_view doing) {
    auto connection = netlink::Connection::open(NETLINK_GENERIC, open_transport_);
    if (!connection) return std::unexpected(connection.error().to_error(doing));
    const auto id = netlink::resolve_family(*connection, WG_GENL_NAME);
    if (!id && id.error().code == ENOENT)
      return fail(ErrorKind::kUnsupported, fmt::format("{}: the kernel has no WireGuard (is the module wireguard installed?)", doing));
    if (!id) return std::unexpected(id.error().to_error(doing));
    return Family{*std::move(connection), *id};
  }

  netlink::OpenTransport open_transport_;
};

}  // namespace

std::unique_ptr<Backend> kernel_backend_over(netlink::OpenTransport open_transport) {
  return std::make_unique<KernelBackend>(std::move(open_transport));
}

std::unique_ptr<Backend> kernel_backend() { return kernel_backend_over(netlink::open_kernel_transport); }

bool kernel_has_wireguard() {
  auto connection = netlink::Connection::open(NETLINK_GENERIC);
  return connection && netlink::resolve_family(*connection, WG_GENL_NAME).has_value();
}

}  // namespace innernet::wg
