// The answers of the kernel: acknowledgements, links, addresses, routes and WireGuard devices.
#include <cstdlib>
#include <vector>

#include "innernet/netlink/request.hpp"
#include "innernet/netlink/route_message.hpp"
#include "linux/kernel_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet;
  static const InterfaceName name = *InterfaceName::parse("wg0");
  wg::DeviceDump dump(name);
  netlink::MessageReader messages({data, size});
  while (const auto message = messages.next()) {
    static_cast<void>(netlink::decode_acknowledgement(*message));
    static_cast<void>(netlink::decode_link(*message));
    static_cast<void>(netlink::decode_address(*message));
    static_cast<void>(netlink::decode_route(*message));
    static_cast<void>(dump.add(*message));
  }

  // What was read can be set, and no message is longer than asked for.
  const wg::Device device = std::move(dump).take();
  wg::DeviceUpdate update;
  for (const wg::Peer& peer : device.peers) {
    wg::PeerUpdate change{.public_key = peer.public_key};
    change.endpoint = peer.endpoint;
    change.allowed_ips = peer.allowed_ips;
    update.peers.push_back(std::move(change));
  }
  for (const netlink::Message& message : wg::encode_set_device(0x23, name, update, 512))
    if (!message.well_formed() || message.size() > 512) std::abort();
  return 0;
}
