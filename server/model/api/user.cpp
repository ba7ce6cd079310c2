#include "handlers.hpp"
#include "innernet/json/json.hpp"

namespace innernet::server::api {
namespace {

constexpr std::size_t kMostCandidates = 10;
constexpr std::uint32_t kMostWait = 300;  // seconds

Decision capabilities(const Session&) {
  return json_response(200, to_json(Capabilities{.unspecified_ip_in_override_endpoint = true,
                                                 .state_etag = true,
                                                 .state_delta = true,
                                                 .state_wait_max = kMostWait,
                                                 .seen_at = true,
                                                 .peer_relays = true,
                                                 .relay_registrations = true}));
}

Decision redeem(const Session& session) {
  const World& world = session.world;
  const Peer& peer = session.peer.peer;
  const auto read_key = [&]() -> Result<wg::PublicKey> {
    TRY(const auto body, body_of(session.request));
    return parse_redeem(body);
  };
  if (peer.is_redeemed) {
    // Its first answer may have been lost, and until the device changes keys nothing but the same request can follow.
    const auto recent = world.redemptions.find(peer.id, world.boot);
    const auto key = recent ? read_key() : fail(ErrorKind::kNotFound, "");
    if (!key || *key != recent->new_key || *key != peer.public_key) return refusal(401, "this peer has been redeemed already");
    Response again = empty_response(204);
    again.key_change = *recent;
    return again;
  }
  if (Network::has_expired(peer, world.wall)) return refusal(401, "this invitation has expired: ask for a new one");
  const auto key = read_key();
  if (!key) return refusal(key.error());
  if (auto allowed = world.network.check_redemption(peer.id, *key); !allowed) return refusal(allowed.error());
  return Change{[id = peer.id, new_key = *key, old_key = peer.public_key](Registry::Writer& writer) -> Result<Response> {
                  TRY_VOID(writer.redeem_peer(id, new_key));
                  Response response = empty_response(204);
                  response.key_change = KeyChange{old_key, new_key};
                  return response;
                },
                peer.id};
}

Decision put_endpoint(const Session& session) {
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  auto endpoint = parse_endpoint_option(*body);
  if (!endpoint) return refusal(endpoint.error());
  auto change = PeerChange::to(session.peer.peer);
  change.endpoint = *std::move(endpoint);
  return change_own(session, std::move(change));
}

Decision put_candidates(const Session& session) {
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  auto candidates = parse_candidates(*body);
  if (!candidates) return refusal(candidates.error());
  if (candidates->size() > kMostCandidates) return refusal(413, "at most 10 candidates are kept");
  auto change = PeerChange::to(session.peer.peer);
  change.candidates = *std::move(candidates);
  return change_own(session, std::move(change));
}

Decision seen_at(const Session& session) {
  const auto& by_relay = session.world.seen_by_relay;
  const auto found = by_relay.find(session.peer.peer.public_key);
  return json_response(200, to_json(SeenAt{.by_server = session.peer.seen,
                                           .by_relay = found == by_relay.end() ? std::nullopt : std::optional(found->second)}));
}

Decision state(const Session& session) { return StateOfGroup{session.peer.peer.cidr_id}; }

// Whoever has a session may ask what the server can do and redeem its invitation.
constexpr Route kRoutes[] = {
    {Role::kAnyPeer, "GET", "capabilities", capabilities},
    {Role::kAnyPeer, "POST", "redeem", redeem},
    {Role::kUser, "GET", "state", state},
    {Role::kUser, "GET", "seen-at", seen_at},
    {Role::kUser, "PUT", "endpoint", put_endpoint},
    {Role::kUser, "PUT", "candidates", put_candidates},
    {Role::kUser, "GET", "relay", relay},
    {Role::kUser, "PUT", "relay", put_relay},
    {Role::kUser, "PUT", "relay-distances", put_relay_distances},
    {Role::kUser, "PUT", "relay-registrations", put_relay_registrations},
};

}  // namespace

std::span<const Route> user_routes() { return kRoutes; }

}  // namespace innernet::server::api
