#include "router_offer.hpp"

#include <array>
#include <future>

#include "../private_address.hpp"
#include "router_exchange.hpp"

namespace innernet::client {

RouterOffer ask_router(const Gateway& place, const RouterPorts& ports, const Stop* stop) {
  using namespace std::chrono_literals;
  // Beside each other: where nobody answers, each takes its whole patience.
  auto upnp = std::async(std::launch::async, [&] { return RouterClient(ports).upnp_address(place, stop); });
  auto nat_pmp = std::async(std::launch::async, [&] { return ask_nat_pmp_address(place, ports.control, stop); });
  constexpr std::array<std::chrono::milliseconds, 3> kPauses{250ms, 500ms, 1000ms};
  const bool has_pcp = exchange_packets(place, ports.control, encode_pcp_announce(place.local), kPauses, stop, [](Packet packet) {
                         return is_pcp_announce_answer(packet);
                       }).has_value();
  RouterOffer offer{.router = place.router, .protocols = {}, .outside = {}};
  if (has_pcp) offer.protocols.push_back(name_of(MappingProtocol::kPcp));
  if (const auto address = nat_pmp.get()) {
    offer.protocols.push_back(name_of(MappingProtocol::kNatPmp));
    offer.outside = address->outside;
  }
  if (const auto address = upnp.get()) {
    offer.protocols.push_back(name_of(MappingProtocol::kUpnp));
    if (!offer.outside) offer.outside = *address;
  }
  offer.is_behind_another = offer.outside && !is_public(*offer.outside);
  return offer;
}

RouterOffer ask_router(const Stop* stop) {
  const auto place = default_gateway(false);
  return place && *place ? ask_router(**place, RouterPorts{}, stop) : RouterOffer{};
}

}  // namespace innernet::client
