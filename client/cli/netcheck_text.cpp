#include "netcheck_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace innernet::client {
namespace {

using std::chrono::nanoseconds;

std::string_view in_words(Nat nat) {
  switch (nat) {
    case Nat::kNone:
      return "none";
    case Nat::kSamePort:
      return "endpoint-independent";
    case Nat::kOtherPorts:
      return "symmetric";
    case Nat::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view in_words(Udp udp) {
  switch (udp) {
    case Udp::kWorks:
      return "works";
    case Udp::kBlocked:
      return "blocked";
    case Udp::kUnknown:
      break;
  }
  return "unknown";
}

std::string because(std::string_view what, const std::string& why) {
  return why.empty() ? std::string(what) : fmt::format("{}: {}", what, why);
}

std::string or_none(const std::optional<IpAddress>& address) { return address ? address->to_string() : "none"; }

std::string milliseconds(nanoseconds time) { return fmt::format("{:.1f} ms", static_cast<double>(time.count()) / 1e6); }

// As relays and server see this machine, each once.
std::vector<std::string> seen_at(const NetworkCheck& check) {
  std::vector<std::string> out;
  for (const RelayCheck& relay : check.relays)
    if (relay.answer)
      if (std::string text = relay.answer->seen_at.to_string(); std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  return out;
}

std::string of_server(const ServerCheck& server) {
  const std::string where =
      fmt::format("{} at {}", server.name, server.address ? server.address->to_string() : server.endpoint.to_string());
  if (server.round_trip) return fmt::format("{}, {} through the tunnel", where, milliseconds(*server.round_trip));
  if (!server.address) return fmt::format("{}, whose name does not resolve", where);
  return fmt::format("{}, no answer through the tunnel ({})", where, server.silence);
}

std::string of_relay(const RelayCheck& relay) {
  if (!relay.address) return fmt::format("{}, nobody knows where", relay.name);
  const std::string where = fmt::format("{} at {}", relay.name, relay.address->to_string());
  if (relay.answer) return fmt::format("{}, {}", where, milliseconds(relay.answer->round_trip));
  if (!relay.knows_questions) return fmt::format("{}, an older one that can't be asked", where);
  if (!relay.source) return fmt::format("{}, no route to it", where);
  return fmt::format("{}, no answer", where);
}

std::string of_router(const RouterOffer& offer) {
  if (!offer.router) return "none";
  std::string out = offer.router->to_string();
  if (offer.protocols.empty())
    out += ", opens no ports by PCP, NAT-PMP or UPnP";
  else
    out += fmt::format(", opens ports by {}", fmt::join(offer.protocols, ", "));
  if (offer.outside)
    out += fmt::format("; outside it is {}{}", offer.outside->to_string(), offer.is_behind_another ? ", which is private" : "");
  return out;
}

std::optional<std::string> mapping_of(const NetworkCheck& check) {
  if (!check.mapping || check.mapping->state != MappingState::kMapped || !check.mapping->outside) return std::nullopt;
  return check.mapping->outside->to_string();
}

std::optional<std::int64_t> microseconds(const std::optional<nanoseconds>& time) {
  return time ? std::optional(time->count() / 1000) : std::nullopt;
}

template <class T>
std::optional<std::string> text_of(const std::optional<T>& value) {
  return value ? std::optional(value->to_string()) : std::nullopt;
}

template <class Texts>
std::string array(const Texts& texts) {
  std::string out = "[";
  for (const std::string_view text : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, text);
  }
  return out += ']';
}

std::string as_json(const std::optional<RouterOffer>& offer) {
  if (!offer || !offer->router) return "null";
  return JsonObject()
      .text("address", offer->router->to_string())
      .json("protocols", array(offer->protocols))
      .text("outside", text_of(offer->outside))
      .boolean("is_behind_another", offer->is_behind_another)
      .str();
}

}  // namespace

std::string render_netcheck(const InterfaceName& network, const NetworkCheck& check, const Judgement& judgement) {
  std::string out = fmt::format("network: {}\n", network.str());
  const auto line = [&](std::string_view name, std::string_view value) { out += fmt::format("  {}: {}\n", name, value); };
  line("IPv4", or_none(check.v4));
  line("IPv6", or_none(check.v6));
  line("UDP", because(in_words(judgement.udp), judgement.udp_because));
  line("NAT", because(in_words(judgement.nat), judgement.nat_because));
  const auto seen = seen_at(check);
  if (!seen.empty()) line("seen at", fmt::format("{}", fmt::join(seen, ", ")));
  if (check.hairpin) line("hairpin", *check.hairpin ? "yes" : "no");
  if (check.router) line("router", of_router(*check.router));
  if (const auto mapped = mapping_of(check)) line("port mapping", *mapped);
  if (judgement.path_mtu) line("path MTU", fmt::format("{}{}", *judgement.path_mtu, *judgement.path_mtu == 1500 ? " or more" : ""));
  line("server", of_server(check.server));
  for (const RelayCheck& relay : check.relays) line("relay", of_relay(relay));
  out += '\n';
  for (const std::string& sentence : judgement.meaning) out += fmt::format("{}\n", sentence);
  return out;
}

JsonObject describe_netcheck(const InterfaceName& network, const NetworkCheck& check, const Judgement& judgement) {
  const auto address = [](const std::optional<IpAddress>& value) { return text_of(value); };
  std::vector<JsonObject> relays;
  for (const RelayCheck& relay : check.relays)
    relays.push_back(
        std::move(JsonObject()
                      .text("name", relay.name)
                      .text("address", text_of(relay.address))
                      .boolean("is_asked", relay.knows_questions && relay.source)
                      .number("round_trip_us", microseconds(relay.answer ? std::optional(relay.answer->round_trip) : std::nullopt))
                      .text("seen_at", relay.answer ? std::optional(relay.answer->seen_at.to_string()) : std::nullopt)
                      .number("path_mtu", relay.answer ? relay.answer->path_mtu : std::nullopt)));
  const auto some = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
  return std::move(JsonObject()
                       .text("network", network.str())
                       .text("ipv4", address(check.v4))
                       .text("ipv6", address(check.v6))
                       .text("udp", in_words(judgement.udp))
                       .text("udp_because", some(judgement.udp_because))
                       .text("nat", in_words(judgement.nat))
                       .text("nat_because", some(judgement.nat_because))
                       .json("hairpin", !check.hairpin   ? "null"
                                        : *check.hairpin ? "true"
                                                         : "false")
                       .json("router", as_json(check.router))
                       .text("port_mapping", mapping_of(check))
                       .number("path_mtu", judgement.path_mtu)
                       .json("server", JsonObject()
                                           .text("name", check.server.name)
                                           .text("endpoint", check.server.endpoint.to_string())
                                           .text("address", text_of(check.server.address))
                                           .number("round_trip_us", microseconds(check.server.round_trip))
                                           .str())
                       .list("relays", relays)
                       .json("meaning", array(judgement.meaning)));
}

}  // namespace innernet::client
