#include "router_client.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "router_exchange.hpp"
#include "upnp_xml.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

// A router on the same link answers within milliseconds; where none does, nobody waits for us but our own next protocol.
constexpr std::array<std::chrono::milliseconds, 3> kPauses{250ms, 500ms, 1000ms};
constexpr std::array<std::chrono::milliseconds, 2> kLastPauses{250ms, 500ms};
constexpr std::chrono::milliseconds kSearch = 2s;
constexpr std::chrono::milliseconds kHttp = 4s;  // some take seconds for a mapping
constexpr std::chrono::milliseconds kLastHttp = 2s;
constexpr int kOtherPorts = 3;

std::unexpected<RouterFailure> no_answer(Error why) { return std::unexpected(RouterFailure{MappingFailure::kNoAnswer, std::move(why)}); }

std::unexpected<RouterFailure> refused(const Gateway& place, std::string_view why) {
  return std::unexpected(RouterFailure{
      MappingFailure::kRefused, Error(ErrorKind::kPermission, fmt::format("the router at {} refuses: {}", place.router.to_string(), why))});
}

std::unexpected<RouterFailure> other_version(const Gateway& place) {
  return no_answer(Error(ErrorKind::kUnsupported, fmt::format("the router at {} speaks another version", place.router.to_string())));
}

// Sends `request` until `decode` makes something of what comes back.
template <class Decoded, class Decode>
FromRouter<Decoded> ask(const Gateway& place, std::uint16_t port, Packet request, Pauses pauses, const Stop* stop, Decode decode,
                        std::string_view (*refusal)(std::uint16_t)) {
  Decoded decoded;
  const auto asked = exchange_packets(place, port, request, pauses, stop, [&](Packet packet) {
    decoded = decode(packet);
    return decoded.kind != RouterAnswer::kOther;
  });
  if (!asked) return no_answer(asked.error());
  if (decoded.kind == RouterAnswer::kOtherVersion) return other_version(place);
  if (decoded.kind == RouterAnswer::kRefused) return refused(place, refusal(decoded.result));
  return decoded;
}

FromRouter<MapAnswer> ask_pcp(const Gateway& place, std::uint16_t port, const MappingRequest& request, const PcpNonce& nonce, Pauses pauses,
                              const Stop* stop) {
  return ask<MapAnswer>(
      place, port, encode_pcp_map(place.local, request, nonce), pauses, stop,
      [&](Packet packet) { return decode_pcp_map(packet, place.local, request, nonce); }, pcp_refusal);
}

FromRouter<MapAnswer> ask_nat_pmp(const Gateway& place, std::uint16_t port, const MappingRequest& request, Pauses pauses,
                                  const Stop* stop) {
  return ask<MapAnswer>(
      place, port, encode_nat_pmp_map(request), pauses, stop, [&](Packet packet) { return decode_nat_pmp_map(packet, request); },
      nat_pmp_refusal);
}

struct Action {
  std::string outside_address;
  int error = 0;
};

// An action that the router refuses comes with status 500 and a code.
FromRouter<Action> act(const Gateway& place, const UpnpService& service, const std::string& request, std::chrono::milliseconds patience,
                       const Stop* stop) {
  const auto reply = exchange_http(place, service.control.host, request, patience, stop);
  if (!reply) return no_answer(reply.error());
  if (reply->status != 200 && reply->status != 500)
    return no_answer(
        Error(ErrorKind::kUnsupported, fmt::format("the router at {} answers with status {}", place.router.to_string(), reply->status)));
  auto read = read_action_answer_confined(reply->body);
  if (!read) return no_answer(std::move(read).error().context(fmt::format("what the router at {} says", place.router.to_string())));
  Action action{.outside_address = read->outside_address};
  if (reply->status == 500) {
    constexpr int kActionFailed = 501;
    const std::string& code = read->error_code;
    std::from_chars(code.data(), code.data() + code.size(), action.error);
    if (action.error <= 0) action.error = kActionFailed;
  }
  return action;
}

FromRouter<IpAddress> ask_address(const Gateway& place, const UpnpService& service, const Stop* stop) {
  TRY(const Action action, act(place, service, outside_address_request(service), kHttp, stop));
  if (action.error != 0) return refused(place, upnp_refusal(action.error));
  const auto address = IpAddress::parse(action.outside_address);
  if (!address || !address->is_v4() || address->is_unspecified())
    return no_answer(Error(ErrorKind::kUnreachable, fmt::format("the router at {} has no address outside", place.router.to_string())));
  return *address;
}

}  // namespace

FromRouter<AddressAnswer> ask_nat_pmp_address(const Gateway& place, std::uint16_t port, const Stop* stop) {
  return ask<AddressAnswer>(place, port, encode_nat_pmp_address(), kPauses, stop, decode_nat_pmp_address, nat_pmp_refusal);
}

FromRouter<MappingGrant> RouterClient::map(const AskToMap& ask, const PcpNonce& nonce, const Stop* stop) {
  switch (ask.protocol) {
    case MappingProtocol::kPcp:
      return map_by_pcp(ask, nonce, stop);
    case MappingProtocol::kNatPmp:
      return map_by_nat_pmp(ask, stop);
    case MappingProtocol::kUpnp:
      return map_by_upnp(ask, stop);
  }
  return no_answer(Error(ErrorKind::kUnsupported, "no such protocol"));
}

FromRouter<MappingGrant> RouterClient::map_by_pcp(const AskToMap& ask, const PcpNonce& nonce, const Stop* stop) {
  TRY(const MapAnswer answer, ask_pcp(ask.place, ports_.control, ask.request, nonce, kPauses, stop));
  return answer.grant;
}

FromRouter<MappingGrant> RouterClient::map_by_nat_pmp(const AskToMap& ask, const Stop* stop) {
  TRY(const AddressAnswer address, ask_nat_pmp_address(ask.place, ports_.control, stop));
  TRY(MapAnswer answer, ask_nat_pmp(ask.place, ports_.control, ask.request, kPauses, stop));
  answer.grant.outside.ip = address.outside;
  return answer.grant;
}

FromRouter<UpnpService> RouterClient::find_service(const Gateway& place, const Stop* stop) {
  if (service_ && service_->first == place) return service_->second;
  const auto url = search_router(place, ports_.search, kSearch, stop);
  if (!url) return no_answer(url.error());
  const auto reply = exchange_http(place, url->host, get_request(*url), kHttp, stop);
  if (!reply) return no_answer(reply.error());
  const std::string who = fmt::format("what the router at {} says of itself", place.router.to_string());
  if (reply->status != 200) return no_answer(Error(ErrorKind::kUnsupported, fmt::format("{} has status {}", who, reply->status)));
  auto description = read_description_confined(reply->body);
  if (!description) return no_answer(std::move(description).error().context(who));
  RouterUrl base = *url;
  if (!description->base_url.empty()) {
    auto named = router_url(description->base_url, place.router);
    if (!named) return no_answer(std::move(named).error().context(who));
    base = *std::move(named);
  }
  Error why(ErrorKind::kUnsupported, "it maps no ports");
  for (const DescribedService& service : description->services) {
    if (!is_mapping_service(service.type)) continue;
    if (auto control = router_url(service.control_url, base)) {
      service_.emplace(place, UpnpService{.control = *std::move(control), .type = service.type});
      return service_->second;
    } else {
      why = std::move(control).error();
    }
  }
  return no_answer(std::move(why).context(who));
}

FromRouter<MappingGrant> RouterClient::map_by_upnp(const AskToMap& ask, const Stop* stop) {
  const auto with = [&](const UpnpService& service) -> FromRouter<MappingGrant> {
    TRY(const IpAddress outside, ask_address(ask.place, service, stop));
    MappingRequest request = ask.request;
    for (int attempt = 1;; ++attempt) {
      TRY(const Action action, act(ask.place, service, add_mapping_request(service, request, ask.place.local), kHttp, stop));
      if (action.error == 0) return MappingGrant{.outside = {outside, request.outside_port}, .lifetime = request.lifetime};
      const bool is_taken = action.error == kPortTaken || action.error == kTakenByTheRouter;
      if (!is_taken || attempt > kOtherPorts) return refused(ask.place, upnp_refusal(action.error));
      request.outside_port = other_port(request.port, attempt);
    }
  };
  const bool was_known = service_ && service_->first == ask.place;
  TRY(const UpnpService service, find_service(ask.place, stop));
  auto grant = with(service);
  if (grant || grant.error().kind == MappingFailure::kRefused) return grant;
  service_.reset();
  if (!was_known) return grant;
  // Started anew, many listen on another port.
  TRY(const UpnpService now, find_service(ask.place, stop));
  return with(now);
}

FromRouter<IpAddress> RouterClient::upnp_address(const Gateway& place, const Stop* stop) {
  TRY(const UpnpService service, find_service(place, stop));
  return ask_address(place, service, stop);
}

FromRouter<void> RouterClient::withdraw(const HeldMapping& mapping, const PcpNonce& nonce) {
  const MappingRequest request{.port = mapping.port, .outside_port = mapping.outside.port, .lifetime = 0s};
  switch (mapping.protocol) {
    case MappingProtocol::kPcp:
      TRY_VOID(ask_pcp(mapping.place, ports_.control, request, nonce, kLastPauses, nullptr));
      return {};
    case MappingProtocol::kNatPmp:
      TRY_VOID(ask_nat_pmp(mapping.place, ports_.control, request, kLastPauses, nullptr));
      return {};
    case MappingProtocol::kUpnp: {
      TRY(const UpnpService service, find_service(mapping.place, nullptr));
      TRY(const Action action, act(mapping.place, service, delete_mapping_request(service, mapping.outside.port), kLastHttp, nullptr));
      if (action.error != 0) return refused(mapping.place, upnp_refusal(action.error));
      return {};
    }
  }
  return {};
}

}  // namespace innernet::client
