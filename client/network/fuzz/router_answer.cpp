// What a router sends, by any protocol: packets, answers to a search, and XML, which miniupnpc's parsers read here in this process.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "../port_mapping/port_control.hpp"
#include "../port_mapping/upnp_messages.hpp"
#include "../port_mapping/upnp_xml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet;
  using namespace innernet::client;
  const Packet packet(data, size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const IpAddress local;
  const MappingRequest request{.port = 51820, .outside_port = 51820, .lifetime = std::chrono::seconds(7200)};
  const MapAnswer pcp = decode_pcp_map(packet, local, request, PcpNonce{});
  if (pcp.kind == RouterAnswer::kGranted && (!pcp.grant.outside.ip.is_v4() || pcp.grant.outside.port == 0)) std::abort();
  static_cast<void>(decode_nat_pmp_map(packet, request));
  static_cast<void>(decode_nat_pmp_address(packet));
  static_cast<void>(decode_announcement(packet));

  constexpr std::uint8_t kRouter[4] = {192, 168, 2, 1};
  const IpAddress router = IpAddress::v4(kRouter);
  const auto base = described_at(text, router);
  if (base && base->host.ip != router) std::abort();
  // Their parsers may read beyond what they are given: in a block of exactly that size it is seen.
  const std::vector<char> block(text.begin(), text.end());
  const std::string_view xml(block.data(), block.size());
  const RouterDescription description = read_description(xml);
  for (const DescribedService& service : description.services) {
    const auto url = router_url(service.control_url, RouterUrl{{router, 80}, "/"});
    if (url && url->host.ip != router) std::abort();
  }
  static_cast<void>(read_action_answer(xml));
  return 0;
}
