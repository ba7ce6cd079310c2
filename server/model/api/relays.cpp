// Peers as relays: who is one (admins), and what a relay and the server tell each other.
#include "handlers.hpp"
#include "innernet/json/json.hpp"

namespace innernet::server::api {
namespace {

Response no_relay() { return refusal(404, "this peer is no relay: an administrator makes it one (set-relay)"); }

Decision set_relay(const Session& session, PeerId id, bool is_relay) {
  const PeerRecord* const record = session.world.network.find_peer(id);
  if (record == nullptr) return refusal(404, "there is no such peer");
  return change_peer(session.world.network, id, PeerChange::with_relay(record->peer, is_relay));
}

}  // namespace

Decision make_relay(const Session& session, PeerId id) { return set_relay(session, id, true); }
Decision end_relay(const Session& session, PeerId id) { return set_relay(session, id, false); }

Decision put_relay(const Session& session) {
  if (!session.peer.peer.is_relay) return no_relay();
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  const auto relay = parse_relay_of_peer(*body);
  if (!relay) return refusal(relay.error());
  auto change = PeerChange::to(session.peer.peer);
  change.relay = *relay;
  return change_own(session, std::move(change));
}

Decision relay(const Session& session) {
  if (!session.peer.peer.is_relay) return no_relay();
  return GroupsForRelay{session.peer.peer.id};
}

Decision put_relay_registrations(const Session& session) {
  if (!session.peer.peer.is_relay) return no_relay();
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  auto keys = parse_relay_registrations(*body);
  if (!keys) return refusal(keys.error());
  return Registrations{session.peer.peer.id, *std::move(keys)};
}

Decision put_relay_distances(const Session& session) {
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  auto distances = parse_relay_distances(*body);
  if (!distances) return refusal(distances.error());
  if (*distances == session.peer.relay_distances) return empty_response(204);
  return Distances{session.peer.peer.id, *std::move(distances)};
}

}  // namespace innernet::server::api
