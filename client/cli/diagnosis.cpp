#include "diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "phrase.hpp"
#include "render.hpp"

namespace innernet::client {
namespace {

bool has_public_v6(const Peer& peer) {
  const auto is_v6 = [](const Endpoint& endpoint) {
    const auto* ip = std::get_if<IpAddress>(&endpoint.host());
    return ip != nullptr && ip->is_unicast_global_v6();
  };
  return std::ranges::any_of(peer.candidates, is_v6) || (peer.endpoint && is_v6(*peer.endpoint));
}

Diagnosis disabled(const std::string& network, const std::string& name) {
  return {.reasons = {{"disabled", "An admin has disabled it."}},
          .remedies = {{"enable", fmt::format("An admin enables it: innernet enable-peer {} --name {}", network, name)}}};
}

class Judge {
 public:
  explicit Judge(const PairFacts& facts) : facts_(facts), row_(facts.row), name_(facts.row.name) {}

  Diagnosis run() {
    if (row_.is_you())
      because("yourself", fmt::format("{} is this machine itself.", name_));
    else if (facts_.is_server && row_.way == Way::kNone)
      server_is_away();
    else if (row_.way == Way::kDirect)
      direct();
    else if (row_.is_overridden)
      overridden();
    else if (row_.way == Way::kRelayed)
      relayed();
    else
      not_connected();
    return std::move(out_);
  }

 private:
  void because(std::string_view id, std::string text) { out_.reasons.push_back({id, std::move(text)}); }
  void helps(std::string_view id, std::string text) { out_.remedies.push_back({id, std::move(text)}); }

  void direct() {
    const std::string at = row_.on_device->endpoint ? row_.on_device->endpoint->to_string() : "an address that is not known";
    because("direct", fmt::format("Packets go to {} and back, with nobody between the two.", at));
    if (row_.round_trip && !*row_.round_trip)
      because("no_ping", "It does not answer pings. Its firewall may drop them inside of the network; the tunnel itself works.");
  }

  void server_is_away() {
    const std::string at = row_.on_device->endpoint ? row_.on_device->endpoint->to_string() : "its external endpoint";
    because("server_away", fmt::format("The server does not answer at {}.", at));
    helps("check_server",
          fmt::format("See that `innernet-server serve {}` runs, and that UDP gets to it: tcpdump there shows whether it arrives.",
                      facts_.network));
  }

  void overridden() {
    const std::string at = row_.on_device->endpoint ? row_.on_device->endpoint->to_string() : "an endpoint";
    because("overridden", fmt::format("This machine was told to reach it at {}, and tries nothing else, no relay either.{}", at,
                                      row_.way == Way::kNone ? " No answer comes from there." : ""));
    helps("unset_override", fmt::format("Let it be found: innernet override-peer-endpoint {} --name {} --unset", facts_.network, name_));
  }

  void relayed() {
    tried();
    if (row_.tries.empty())
      because("nothing_tried", "No direct way was tried from here yet. The daemon does that after a minute, and when an address changes.");
    direct_would_help();
    look_for_ways();
  }

  void not_connected() {
    if (!facts_.server_answers) {
      because("server_away", "The server does not answer this machine, so what it knows of the others may be old.");
      helps("check_server", fmt::format("First get through to the server: innernet why {} innernet-server", facts_.network));
    }
    if (facts_.peer == nullptr) {
      because("unknown", "It is on the interface, but not among the peers that the server shows this machine.");
      helps("fetch", fmt::format("Fetch: innernet fetch {}", facts_.network));
      return;
    }
    if (facts_.peer->is_disabled) {
      out_ = diagnose_missing(facts_.network, *facts_.peer);
      return;
    }
    const bool is_known_somewhere = facts_.peer->endpoint || !facts_.peer->candidates.empty() || row_.on_device->endpoint;
    if (!is_known_somewhere) {
      because("never_seen", "Nobody knows where it is: it has not been in touch with the server since that runs.");
      helps("start_peer", fmt::format("Bring the network up there: innernet up {}", facts_.network));
    }
    tried();
    if (row_.tries.empty() && is_known_somewhere)
      because("nothing_tried", row_.on_device->last_handshake ? fmt::format("The session has ended; the last handshake was {}.",
                                                                            when(*row_.on_device->last_handshake, facts_.now))
                                                              : "No way to it was tried from here yet.");
    judge_relays();
    if (is_known_somewhere) {
      helps("look_there", fmt::format("Look there whether it is up and in touch with the server: innernet show {}", facts_.network));
      direct_would_help();
    }
    look_for_ways();
  }

  void tried() {
    for (const WayTried& way : row_.tries)
      because(way.is_relay ? "no_answer_by_relay" : "no_answer",
              fmt::format("No answer from {}, {}, tried {}.", way.to.to_string(), origin_of(way), when(way.at, facts_.now)));
  }

  std::string origin_of(const WayTried& way) const {
    if (way.is_relay) {
      const auto relay = std::ranges::find(facts_.relays, way.to, &PairFacts::Relay::at);
      return relay == facts_.relays.end() ? "a relay" : "the relay of " + relay->on;
    }
    const Endpoint to = Endpoint::of(way.to);
    if (facts_.peer != nullptr && facts_.peer->endpoint == to) return "where the server sees it";
    if (facts_.peer != nullptr && std::ranges::find(facts_.peer->candidates, to) != facts_.peer->candidates.end())
      return "one of its own addresses";
    return "where it was expected";
  }

  void judge_relays() {
    if (!facts_.network_has_relays) {
      because("no_relay", "The network has no relay that would pass packets on.");
      helps("relay", "Let the server relay: `serve` without --no-relay, its second UDP port open.");
      return;
    }
    if (facts_.relays.empty()) {
      because("relay_unused", "This machine uses no relay: it was fetched with --no-nat-traversal, or not at all since there is one.");
      helps("fetch", fmt::format("Fetch without that option: innernet fetch {}", facts_.network));
      return;
    }
    bool any_answers = false;
    for (const PairFacts::Relay& relay : facts_.relays) {
      any_answers |= relay.answers;
      if (relay.answers) continue;
      because("relay_silent", fmt::format("The relay of {} does not answer at {}.", relay.on, relay.at.to_string()));
      helps("open_relay_port", fmt::format("Open UDP port {} on {} and in the firewalls before it.", relay.at.port, relay.on));
    }
    if (any_answers && !facts_.is_registered && facts_.server_answers)
      because("not_registered",
              "It is not registered with a relay, for all that this machine knows: it is away, is an older client, or runs with "
              "--no-nat-traversal.");
  }

  bool is_port_mapped() const { return facts_.mapping.v4 && facts_.mapping.v4->state == MappingState::kMapped; }

  void port_mapping_would_help() {
    const auto& mapping = facts_.mapping.v4;
    if (!mapping) return;
    const std::string router = mapping->router ? fmt::format("the router at {}", mapping->router->to_string()) : "the router";
    const auto switch_on = [&](std::string_view which) {
      helps("port_mapping",
            fmt::format("Switch on UPnP, NAT-PMP or PCP on {}{} (or on {}'s router): then the daemon opens the port by itself.", router,
                        which, name_));
    };
    switch (mapping->state) {
      case MappingState::kMapped:
        because("port_mapped",
                fmt::format("The router of this machine lets others in at {} (by {}): {} is told so, and could come in there.",
                            mapping->outside->to_string(), name_of(*mapping->protocol), name_));
        helps("netcheck_there", fmt::format("See there whether UDP gets out at all, and fetch: innernet netcheck {}", facts_.network));
        break;
      case MappingState::kDoubleNat:
        helps("double_nat", fmt::format("The own router is behind another one: its address outside, {}, is private. Make {} a bridge, or "
                                        "forward the port in both.",
                                        mapping->outside->ip.to_string(), router));
        break;
      case MappingState::kRefused:
        switch_on(fmt::format(", which refuses by {}", name_of(*mapping->protocol)));
        break;
      case MappingState::kNoAnswer:
        switch_on("");
        break;
      case MappingState::kOff:
        helps("port_mapping", fmt::format("Let the daemon ask {} for an open port: {}.", router, mapping->why));
        break;
      case MappingState::kNoRouter:
      case MappingState::kNotNeeded:
        break;
    }
  }

  void direct_would_help() {
    port_mapping_would_help();
    const std::string port = facts_.listen_port == 0 ? "the listen port" : fmt::format("UDP port {}", facts_.listen_port);
    if (!is_port_mapped())
      helps("open_port",
            fmt::format("For a direct way, one of the two routers has to let the other in: forward {} to this machine (or {}'s "
                        "port to it), then: innernet override-endpoint {} --endpoint 0.0.0.0:PORT",
                        port, name_, facts_.network));
    if (facts_.own == nullptr || facts_.peer == nullptr) return;
    const bool ours = has_public_v6(*facts_.own), its = has_public_v6(*facts_.peer);
    if (ours && its)
      helps("ipv6_firewall", fmt::format("Both have IPv6: let {} in over IPv6, on either side.", port));
    else
      helps("ipv6",
            fmt::format("Give both IPv6, which needs no translation: {} no public address of it.", ours  ? name_ + " has"
                                                                                                   : its ? std::string("this machine has")
                                                                                                         : "both have"));
  }

  void look_for_ways() {
    if (facts_.has_daemon) return;
    because("no_daemon", "Nothing looks for ways on this machine while no command runs.");
    helps("daemon", fmt::format("Keep it looked after: systemctl enable --now innernet@{}", facts_.network));
  }

  const PairFacts& facts_;
  const PeerRow& row_;
  const std::string& name_;
  Diagnosis out_;
};

std::vector<JsonObject> list_of(const std::vector<Finding>& findings) {
  std::vector<JsonObject> out;
  for (const Finding& finding : findings) out.push_back(std::move(JsonObject().text("id", finding.id).text("text", finding.text)));
  return out;
}

}  // namespace

Diagnosis diagnose(const PairFacts& facts) { return Judge(facts).run(); }

Diagnosis diagnose_missing(const std::string& network, const Peer& peer) {
  if (peer.is_disabled) return disabled(network, peer.name.str());
  return {.reasons = {{"not_on_interface", "The server shows it to this machine, but the interface does not have it."}},
          .remedies = {{"fetch", fmt::format("Fetch: innernet fetch {}", network)}}};
}

Diagnosis diagnose_invisible(const std::string& network, const std::string& name, const SeenByAdmin* seen) {
  Diagnosis out;
  if (seen == nullptr) {
    out.reasons.push_back(
        {"not_visible", fmt::format("The server does not show {} to this machine: there is no peer of that name, or it is "
                                    "disabled, or its CIDR is not associated with this machine's.",
                                    name)});
    out.remedies.push_back({"fetch", fmt::format("The list is as of the last fetch: innernet fetch {}", network)});
    out.remedies.push_back({"ask_admin", fmt::format("An admin sees which it is: innernet why {} {}, or innernet-server list-peers {}",
                                                     network, name, network)});
  } else if (seen->peer == nullptr) {
    out.reasons.push_back({"no_such_peer", fmt::format("The network has no peer {}.", name)});
  } else if (seen->peer->is_disabled) {
    return disabled(network, name);
  } else if (!seen->peer->is_redeemed) {
    out.reasons.push_back({"not_redeemed", fmt::format("{} was invited, but has not used its invitation yet.", name)});
  } else {
    out.reasons.push_back(
        {"not_associated", fmt::format("Its CIDR {} is not associated with this machine's, {}, so the two don't see each other.",
                                       seen->its_cidr, seen->own_cidr)});
    out.remedies.push_back(
        {"associate", fmt::format("If they shall: innernet add-association {} {} {}", network, seen->own_cidr, seen->its_cidr)});
    out.remedies.push_back({"fetch", fmt::format("If they do since a moment ago: innernet fetch {}", network)});
  }
  return out;
}

std::string headline(const PeerRow& row, WallTime now) {
  if (row.is_you()) return fmt::format("{} is this machine.", row.name);
  const auto age = row.since ? age_of(*row.since, now) : std::nullopt;
  std::string text = row.name + " is ";
  if (row.way == Way::kNone)
    text += age ? "not connected, for " + duration(*age) : "not connected";
  else
    text += (row.way == Way::kDirect ? "connected directly" : "relayed by " + row.relayed_by.value_or("unknown")) +
            (age ? " for " + duration(*age) : "");
  if (row.round_trip && *row.round_trip) text += ", round trip " + milliseconds(**row.round_trip);
  return text + ".";
}

std::string render(const std::string& headline, const Diagnosis& diagnosis) {
  std::string out = headline + "\n";
  const auto add = [&](std::string_view title, const std::vector<Finding>& findings) {
    if (!findings.empty()) out += fmt::format("{}:\n", title);
    for (const Finding& finding : findings) out += fmt::format("  - {}\n", finding.text);
  };
  add("Why", diagnosis.reasons);
  add("What would help", diagnosis.remedies);
  return out;
}

JsonObject describe(const std::string& network, const JsonObject& peer, const Diagnosis& diagnosis) {
  return std::move(JsonObject()
                       .text("network", network)
                       .json("peer", peer.str())
                       .list("reasons", list_of(diagnosis.reasons))
                       .list("remedies", list_of(diagnosis.remedies)));
}

}  // namespace innernet::client
