// serve_loopback FOLDER ADDRESS: `innernet-server serve bench` on the files that make_network made, without a WireGuard device: requests
// come over loopback, from the addresses of peers. What is measured is all of the server but the device.
#include <fmt/format.h>

#include <cstdio>

#include "innernet/config/config.hpp"
#include "innernet/server/serve.hpp"

namespace innernet {
namespace {

/// A device that takes everything, and remembers what the server looks for: one that has forgotten it is put right every few seconds.
class NoDevice final : public wg::Backend {
 public:
  wg::BackendKind kind() const override { return wg::BackendKind::kKernel; }
  Result<std::vector<InterfaceName>> list() override { return std::vector<InterfaceName>{}; }
  Result<wg::Device> get(const InterfaceName& name) override {
    wg::Device device = device_;
    device.name = name;
    return device;
  }
  Result<void> create(const InterfaceName&) override { return {}; }
  Result<void> apply(const InterfaceName&, const wg::DeviceUpdate& update) override {
    if (update.private_key) device_.public_key = update.private_key->public_key();
    if (update.listen_port) device_.listen_port = *update.listen_port;
    for (const wg::PeerUpdate& peer : update.peers) {
      if (peer.remove || peer.update_only) continue;
      wg::Peer added;
      added.public_key = peer.public_key;
      added.persistent_keepalive = peer.persistent_keepalive.value_or(0);
      added.allowed_ips = peer.allowed_ips;
      device_.peers.push_back(std::move(added));
    }
    return {};
  }
  Result<void> remove(const InterfaceName&) override { return {}; }

 private:
  wg::Device device_{.name = *InterfaceName::parse("bench"), .listen_port = 51820};
};

Result<void> run(const std::filesystem::path& folder, std::string_view listen) {
  TRY(const auto address, IpAddress::parse(listen));
  TRY(const auto name, InterfaceName::parse("bench"));
  NoDevice backend;
  const SystemClock clock;
  server::ServeSystem system = server::ServeSystem::of_machine(backend, clock);
  system.bring_up = [](wg::Backend& device, const InterfaceName& of, const IpNet&, const wg::DeviceUpdate& update, const NetworkOptions&) {
    return device.apply(of, update);
  };
  system.link_state = [](const InterfaceName&, const IpAddress&) -> Result<server::LinkState> { return server::LinkState{1, true}; };
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
  TRY_VOID(server::serve(name, options, system));
  return {};
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
