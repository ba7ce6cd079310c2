#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "innernet/client/netcheck.hpp"

namespace innernet::client {
namespace {

// WireGuard's own bytes, UDP's and IPv6's, in front of a packet of the tunnel.
constexpr std::size_t kOverhead = 80;
constexpr std::size_t kUsualTunnelMtu = 1280;

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return out;
}

std::vector<std::string> answering_relays(const NetworkCheck& check) {
  std::vector<std::string> out;
  for (const RelayCheck& relay : check.relays)
    if (relay.answer && std::ranges::find(out, relay.name) == out.end()) out.push_back(relay.name);
  return out;
}

bool has_answer_over_v6(const NetworkCheck& check) {
  return std::ranges::any_of(check.relays, [](const RelayCheck& relay) { return relay.answer && relay.address->ip.is_v6(); });
}

bool was_any_asked(const NetworkCheck& check) {
  return std::ranges::any_of(check.relays, [](const RelayCheck& relay) { return relay.knows_questions && relay.source; });
}

void judge_udp(const NetworkCheck& check, Judgement& out) {
  if (!answering_relays(check).empty() || check.server.round_trip) {
    out.udp = Udp::kWorks;
    out.anybody_answers = true;
  } else if (!check.v4 && !check.v6) {
    out.udp_because = "this machine has no network";
  } else if (check.server.refuses_udp) {
    out.udp_because = "a port of the server or of a relay is closed: nothing runs there, or a firewall on the way says so";
  } else if (check.server.answers_tcp && was_any_asked(check)) {
    out.udp = Udp::kBlocked;
    out.udp_because = "the server's machine answers TCP, but nobody answers UDP";
  } else if (check.server.answers_tcp) {
    out.udp_because = "the server's machine answers TCP, its WireGuard nothing";
  } else {
    out.udp_because = "nobody answers at all: the server may be away";
  }
}

void judge_nat(const NetworkCheck& check, Judgement& out) {
  std::set<SocketAddress> asked, seen;
  bool is_own = false;
  for (const RelayCheck& relay : check.relays) {
    if (!relay.answer || !relay.address->ip.is_v4()) continue;
    asked.insert(*relay.address);
    seen.insert(relay.answer->seen_at);
    is_own = is_own || relay.source == relay.answer->seen_at.ip;
  }
  // WireGuard's own port is seen by two of the server's.
  const auto& [by_server, by_relay] = check.server.seen.value_or(SeenAt());
  const bool has_two = by_server && by_relay && by_server->ip.is_v4() && by_relay->ip.is_v4();
  const auto decide = [&](Nat nat, std::string because) {
    out.nat = nat;
    out.nat_because = std::move(because);
  };
  if (!check.v4) return decide(Nat::kUnknown, "there is no IPv4 here");
  if (is_own || (by_server && by_server->ip == check.server.source))
    return decide(Nat::kNone, "this machine is seen at an address of its own");
  if (seen.size() > 1) return decide(Nat::kOtherPorts, fmt::format("{} relays see this machine at different ports", asked.size()));
  if (has_two && by_server != by_relay)
    return decide(Nat::kOtherPorts, fmt::format("the server sees port {}, its relay port {}", by_server->port, by_relay->port));
  if (asked.size() > 1) return decide(Nat::kSamePort, fmt::format("{} relays see this machine at the same port", asked.size()));
  if (has_two) return decide(Nat::kSamePort, fmt::format("the server and its relay see the same port {}", by_server->port));
  if (asked.empty() && !by_server) return decide(Nat::kUnknown, "nobody has said where this machine is seen");
  if (!check.server.round_trip)
    return decide(Nat::kUnknown, "one relay alone has answered; the server could compare, but does not answer through the tunnel");
  decide(Nat::kUnknown, "only one has said where this machine is seen, and it takes two to compare");
}

std::optional<std::uint16_t> open_port_of(const NetworkCheck& check) {
  const auto& mapping = check.mapping;
  return mapping && mapping->state == MappingState::kMapped && mapping->outside ? std::optional(mapping->outside->port) : std::nullopt;
}

void say_what_its_router_does(const NetworkCheck& check, Judgement& out) {
  if (!check.router || !check.router->router) return;
  const RouterOffer& offer = *check.router;
  const std::string router = fmt::format("Its router, {},", offer.router->to_string());
  const auto says = [&](MappingState state) { return check.mapping && check.mapping->state == state; };
  std::optional<IpAddress> behind = offer.is_behind_another ? offer.outside : std::nullopt;
  if (!behind && says(MappingState::kDoubleNat) && check.mapping->outside) behind = check.mapping->outside->ip;
  std::string sentence;
  if (behind)
    sentence = fmt::format(
        "{} is itself behind another one, for its address outside, {}, is private: make it a bridge, or forward a port in both.", router,
        behind->to_string());
  else if (says(MappingState::kRefused))
    sentence = fmt::format("No port is open here, for {}.", check.mapping->why);
  else if (offer.protocols.empty())
    sentence = fmt::format(
        "{} opens no ports by itself: with UPnP, NAT-PMP or PCP switched on there, every peer reaches this machine directly.", router);
  else if (says(MappingState::kOff))
    sentence =
        fmt::format("{} would open a port by {}, but is not asked: {}.", router, fmt::join(offer.protocols, ", "), check.mapping->why);
  else
    sentence = fmt::format("{} opens ports by {}: while the daemon runs it opens one, and every peer reaches this machine directly.",
                           router, fmt::join(offer.protocols, ", "));
  out.meaning.push_back(std::move(sentence));
}

void say_what_it_means(const NetworkCheck& check, Judgement& out) {
  const auto say = [&](std::string sentence) { out.meaning.push_back(std::move(sentence)); };
  if (!check.v4 && !check.v6) return say("This machine has no route to anybody: first bring its network up.");
  if (!out.anybody_answers) {
    if (out.udp == Udp::kBlocked)
      return say(
          fmt::format("This network lets no UDP out, or no answers in: no peer is reached from here, by no way. Its firewall would have to "
                      "let UDP through to {}.",
                      check.server.endpoint.to_string()));
    if (!check.server.address)
      return say(fmt::format("The server's name does not resolve ({}): without it, only peers that are connected already stay so.",
                             check.server.endpoint.to_string()));
    return say(
        "The server does not answer: peers that are connected directly stay so, and no others are found. If other machines reach it, this "
        "network is in the way.");
  }
  const auto relays = answering_relays(check);
  const std::string by = joined(relays);
  const std::string others_relayed = relays.empty() ? "are not reached, for no relay answers" : fmt::format("are relayed by {}", by);
  const std::optional<std::uint16_t> open_port = open_port_of(check);
  const std::string opened = fmt::format("Every peer reaches this machine directly: its router has opened port {}.", open_port.value_or(0));
  switch (out.nat) {
    case Nat::kNone:
      say("Every peer reaches this machine directly, if its firewall lets UDP in.");
      break;
    case Nat::kSamePort:
      if (open_port)
        say(opened);
      else
        say(fmt::format("Most peers reach this machine directly; those behind symmetric routers {}.", others_relayed));
      break;
    case Nat::kOtherPorts:
      if (open_port)
        say(fmt::format("Its router is symmetric, but has opened port {}: every peer reaches this machine directly.", *open_port));
      else
        say(fmt::format("Peers with a public address or an open port are reached directly; all others {}.", others_relayed));
      break;
    case Nat::kUnknown:
      if (open_port)
        say(opened);
      else if (check.v4)
        say(fmt::format("Which peers reach this machine directly depends on its router; those that don't {}.", others_relayed));
  }
  if (out.nat != Nat::kNone && !open_port) say_what_its_router_does(check, out);
  if (check.v6 && has_answer_over_v6(check)) say("Peers that have IPv6, too, reach this machine over it, through most routers.");
  if (relays.empty() && check.server.round_trip && was_any_asked(check))
    say("The server answers, its relay does not: its UDP port may be closed there.");
  if (check.hairpin == false) say("Peers behind the same router find this machine by its address in their LAN alone.");
  if (out.path_mtu && *out.path_mtu < kUsualTunnelMtu + kOverhead)
    say(fmt::format("Packets of more than {} bytes get lost on the way: bring the interface up with --mtu {}.", *out.path_mtu,
                    *out.path_mtu - kOverhead));
}

}  // namespace

Judgement judge(const NetworkCheck& check) {
  Judgement out;
  judge_udp(check, out);
  judge_nat(check, out);
  for (const RelayCheck& relay : check.relays)
    if (relay.answer && relay.answer->path_mtu)
      out.path_mtu = std::min(out.path_mtu.value_or(*relay.answer->path_mtu), *relay.answer->path_mtu);
  say_what_it_means(check, out);
  return out;
}

}  // namespace innernet::client
