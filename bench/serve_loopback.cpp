// serve_loopback FOLDER ADDRESS: `innernet-server serve bench` on the files that make_network made, without a WireGuard device: requests
// come over loopback, from the addresses of peers. What is measured is all of the server but the device.
#include <fmt/format.h>

#include <cstdio>

#include "innernet/config/config.hpp"
#include "innernet/server/serve.hpp"

namespace innernet {
namespace {

/// A device that takes everything and remembers nothing but its peers.
class NoDevice final : public wg::Backend {
 public:
  wg::BackendKind kind() const override { return wg::BackendKind::kKernel; }
  Result<std::vector<InterfaceName>> list() override { return std::vector<InterfaceName>{}; }
  Result<wg::Device> get(const InterfaceName& name) override { return wg::Device{name, {}, {}, 51820, 0, {}}; }
  Result<void> create(const InterfaceName&) override { return {}; }
  Result<void> apply(const InterfaceName&, const wg::DeviceUpdate&) override { return {}; }
  Result<void> remove(const InterfaceName&) override { return {}; }
};

Result<void> run(const std::filesystem::path& folder, std::string_view listen) {
  TRY(const auto address, IpAddress::parse(listen));
  TRY(const auto name, InterfaceName::parse("bench"));
  NoDevice backend;
  const SystemClock clock;
  server::ServeSystem system = server::ServeSystem::of_machine(backend, clock);
  system.bring_up = [](wg::Backend&, const InterfaceName&, const IpNet&, const wg::DeviceUpdate&, const NetworkOptions&) {
    return Result<void>();
  };
  system.link_state = [](const InterfaceName&, const IpAddress&) -> Result<server::LinkState> {
    return server::LinkState{1, true};
  };
  system.local_addresses = [](const std::vector<InterfaceName>&) -> Result<std::vector<IpAddress>> { return std::vector<IpAddress>{}; };
  system.probe_udp_port = [](std::uint16_t) { return Result<void>(); };
  system.listening = [](const SocketAddress& at) {
    fmt::print("listening {}\n", at.to_string());
    std::fflush(stdout);
  };
  server::ServeOptions options;
  options.folders = {folder / "etc", folder / "lib"};
  options.hosts.write = false;
  options.bind_to_device = false;
  options.listen = SocketAddress{address, 51820};
  return server::serve(name, options, system);
}

}  // namespace
}  // namespace innernet

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: serve_loopback FOLDER ADDRESS\n");
    return 2;
  }
  if (const auto served = innernet::run(argv[1], argv[2]); !served) {
    fmt::print(stderr, "serve_loopback: {}\n", served.error().message());
    return 1;
  }
  return 0;
}
