#include <fmt/format.h>

#include <algorithm>

#include "../admin.hpp"
#include "../diagnosis.hpp"
#include "../knowledge.hpp"
#include "../presence.hpp"
#include "../render.hpp"
#include "commands.hpp"
#include "innernet/client/handshakes.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<Hostname> peer;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "Says which ways were tried, what came back, and what to change for a better one. It knows what this machine knows: ask on the other "
      "one, too. Of peers that this machine is not shown, admins are told why.");
  define_interface(definition, options);
  definition.optional_argument("PEER", "The peer's name; without, it is asked for", into(options.peer, Hostname::parse));
}

// How long a ping may take.
constexpr std::chrono::milliseconds kPatience{300};

std::vector<PairFacts::Relay> relays_of(const NetworkView& view) {
  std::vector<PairFacts::Relay> out;
  const auto relays = relays_on_device(view);
  for (const auto& relay : relays) {
    const SocketAddress& at = relay.first;
    const auto answers = [&](const wg::Peer& peer) {
      return peer.allowed_ips.empty() && peer.endpoint == at && is_recent(peer.last_handshake, view.now);
    };
    out.push_back({.on = relay.second, .at = at, .answers = std::ranges::any_of(view.device.peers, answers)});
  }
  return out;
}

const Peer* find_key(const State& state, const wg::PublicKey& key) {
  const auto found = std::ranges::find(state.peers, key, &Peer::public_key);
  return found == state.peers.end() ? nullptr : &*found;
}

std::string cidr_name(const std::vector<Cidr>& cidrs, CidrId id) {
  const auto found = std::ranges::find(cidrs, id, &Cidr::id);
  return found == cidrs.end() ? fmt::format("CIDR {}", number(id)) : quoted(found->name);
}

/// Of a peer that is not on the interface. Admins see all peers; whoever can't ask gets the answer of all others.
Result<Diagnosis> why_missing(const InterfaceName& interface, const Hostname& name, const State& state, const Peer* own, Context& context) {
  if (const auto shown = std::ranges::find(state.peers, name, &Peer::name); shown != state.peers.end())
    return diagnose_missing(interface.str(), *shown);
  if (own == nullptr || !own->is_admin) return diagnose_invisible(interface.str(), name.str(), nullptr);
  TRY(Admin admin, Admin::open(context, interface));
  TRY(const std::vector<Peer> peers, admin.peers());
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  const auto found = std::ranges::find(peers, name, &Peer::name);
  SeenByAdmin seen{.peer = found == peers.end() ? nullptr : &*found, .own_cidr = cidr_name(cidrs, own->cidr_id), .its_cidr = {}};
  if (seen.peer != nullptr) seen.its_cidr = cidr_name(cidrs, seen.peer->cidr_id);
  return diagnose_invisible(interface.str(), name.str(), &seen);
}

Result<Hostname> choose(const Options& options, const NetworkView& view, Context& context) {
  if (options.peer) return *options.peer;
  std::vector<Peer> eligible = view.state.peers;
  std::erase_if(eligible, [&](const Peer& peer) { return peer.public_key == view.device.public_key; });
  TRY(const Peer peer, wizard::choose_peer(context.asker, "Peer", "its name behind INTERFACE", eligible,
                                           fmt::format("no other peer of {} is known yet; fetch them", view.device.name.str())));
  return peer.name;
}

Result<Ending> answer(const std::string& network, const std::string& headline, const JsonObject& peer, const Diagnosis& diagnosis,
                      Context& context) {
  context.print(render(headline, diagnosis));
  context.report(describe(network, peer, diagnosis));
  return Ending::kDone;
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(const bool ours, is_ours(context.folders(), interface));
  if (!ours) return not_installed(context.folders(), interface);
  const auto device = context.backend(interface)->get(interface);
  if (!device && device.error().kind() == ErrorKind::kNotFound)
    return fail(ErrorKind::kNotFound, fmt::format("{0} is down, so no pair is connected: `innernet up {0}` brings it up", interface.str()));
  if (!device) return std::unexpected(device.error());
  const Knowledge known = Knowledge::gather(context.folders(), interface);
  known.tell_problems(interface);
  NetworkView view = known.view_of(*device, context.clock.wall());
  TRY(const Hostname name, choose(options, view, context));

  const Peer* own = device->public_key ? find_key(known.state, *device->public_key) : nullptr;
  auto rows = peer_rows(view);
  const auto is_it = [&](const PeerRow& row) { return row.is_known && row.name == name.str(); };
  auto row = std::ranges::find_if(rows, is_it);
  if (row == rows.end()) {
    TRY(const Diagnosis diagnosis, why_missing(interface, name, known.state, own, context));
    return answer(interface.str(), fmt::format("{} is not connected: it is not on the interface.", name.str()),
                  JsonObject().text("name", name.str()), diagnosis, context);
  }
  RoundTrips round_trips;
  if (context.ping && row->way != Way::kNone && row->ip) round_trips = context.ping(interface, std::span(&*row->ip, 1), kPatience);
  if (row->ip && round_trips.contains(*row->ip)) row->round_trip = round_trips.at(*row->ip);

  const PairRecord* record = known.pairs.find(row->public_key);
  const auto server = std::ranges::find(rows, known.server_key, [](const PeerRow& r) { return std::optional(r.public_key); });
  const PairFacts facts{.row = *row,
                        .peer = find_key(known.state, row->public_key),
                        .own = own,
                        .network = interface.str(),
                        .listen_port = device->listen_port,
                        .now = view.now,
                        .is_server = server == row,
                        .server_answers = server == rows.end() || server->way != Way::kNone,
                        .is_registered = record != nullptr && record->is_registered,
                        .network_has_relays = !known.relays.empty(),
                        .relays = relays_of(view),
                        .has_daemon = known.has_daemon,
                        .mapping = view.mapping};
  return answer(interface.str(), headline(*row, view.now), describe_peer(*row, view.now), diagnose(facts), context);
}

}  // namespace

Row why_command() {
  return row({.name = "why", .sentence = "Say why a peer is reached as it is, and what would help.", .example = "why evilcorp bob"}, define,
             run);
}

}  // namespace innernet::client
