#include "handlers.hpp"
#include "innernet/json/json.hpp"

namespace innernet::server::api {
namespace {

Decision change(std::function<Result<Response>(Registry::Writer&)> apply) { return Change{std::move(apply)}; }

Decision add_peer(const Session& session) {
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  auto contents = parse_peer_contents(*body);
  if (!contents) return refusal(contents.error());
  // Relays have a route of their own.
  contents->is_relay = false;
  contents->relay.reset();
  if (auto allowed = session.world.network.check_new_peer(*contents); !allowed) return refusal(allowed.error());
  return change([contents = *std::move(contents)](Registry::Writer& writer) -> Result<Response> {
    TRY(const Peer stored, writer.add_peer(contents));
    // What was sent comes back, also what is not stored: the keep-alive and the fraction of the expiry's second.
    return json_response(201, to_json(Peer{contents, stored.id}));
  });
}

Decision put_peer(const Session& session, PeerId id) {
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  const auto contents = parse_peer_contents(*body);
  if (!contents) return refusal(contents.error());
  auto wanted = PeerChange::to(*contents);
  const World& world = session.world;
  if (const PeerRecord* record = world.network.find_peer(id)) {
    wanted = world.network.without_filled_in(*record, std::move(wanted), world.overrides.has(id, world.boot));
    // Relays have a route of their own: older programs don't send back what they don't know.
    wanted.is_relay = record->peer.is_relay;
    wanted.relay = record->peer.relay;
  }
  return change_peer(world.network, id, std::move(wanted));
}

Decision disable_peer(const Session& session, PeerId id) {
  const PeerRecord* record = session.world.network.find_peer(id);
  if (record == nullptr) return refusal(404, "there is no such peer");
  auto wanted = PeerChange::to(record->peer);
  wanted.is_disabled = true;
  return change_peer(session.world.network, id, std::move(wanted));
}

Decision add_cidr(const Session& session) {
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  auto contents = parse_cidr_contents(*body);
  if (!contents) return refusal(contents.error());
  if (auto allowed = session.world.network.check_new_cidr(*contents); !allowed) return refusal(allowed.error());
  return change([contents = *std::move(contents)](Registry::Writer& writer) -> Result<Response> {
    TRY(const Cidr stored, writer.add_cidr(contents));
    return json_response(201, to_json(stored));
  });
}

Decision put_cidr(const Session& session, CidrId id) {
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  auto contents = parse_cidr_contents(*body);
  if (!contents) return refusal(contents.error());
  if (auto allowed = session.world.network.check_cidr_name(id, contents->name); !allowed) return refusal(allowed.error());
  if (session.world.network.find_cidr(id)->name == contents->name) return empty_response(204);
  return change([id, name = std::move(contents->name)](Registry::Writer& writer) -> Result<Response> {
    TRY_VOID(writer.rename_cidr(id, name));
    return empty_response(204);
  });
}

Decision delete_cidr(const Session& session, CidrId id) {
  if (session.world.network.find_cidr(id) == nullptr) return empty_response(204);
  if (auto allowed = session.world.network.check_cidr_deletion(id); !allowed) return refusal(allowed.error());
  return change([id](Registry::Writer& writer) -> Result<Response> {
    TRY_VOID(writer.delete_cidr(id));
    return empty_response(204);
  });
}

Decision add_association(const Session& session) {
  const auto body = body_of(session.request);
  if (!body) return refusal(body.error());
  auto contents = parse_association_contents(*body);
  if (!contents) return refusal(contents.error());
  if (auto allowed = session.world.network.check_new_association(*contents); !allowed) return refusal(allowed.error());
  return change([contents = *contents](Registry::Writer& writer) -> Result<Response> {
    TRY_VOID(writer.add_association(contents));
    return empty_response(201);  // the Rust client parses what is there, so nothing must be
  });
}

Decision delete_association(const Session& session, AssociationId id) {
  if (!session.world.network.associations().contains(id)) return empty_response(204);
  return change([id](Registry::Writer& writer) -> Result<Response> {
    TRY_VOID(writer.delete_association(id));
    return empty_response(204);
  });
}

template <List list>
Decision all(const Session&) {
  return list;
}

// The same with an id that has a type.
template <class Id, Decision (*handle)(const Session&, Id)>
Decision one(const Session& session, std::int64_t id) {
  return handle(session, Id{id});
}

constexpr Route kRoutes[] = {
    {Role::kAdmin, "GET", "peers", all<List::kPeers>},
    {Role::kAdmin, "POST", "peers", add_peer},
    {Role::kAdmin, "PUT", "peers", one<PeerId, put_peer>},
    {Role::kAdmin, "DELETE", "peers", one<PeerId, disable_peer>},
    {Role::kAdmin, "PUT", "relays", one<PeerId, make_relay>},
    {Role::kAdmin, "DELETE", "relays", one<PeerId, end_relay>},
    {Role::kAdmin, "GET", "cidrs", all<List::kCidrs>},
    {Role::kAdmin, "POST", "cidrs", add_cidr},
    {Role::kAdmin, "PUT", "cidrs", one<CidrId, put_cidr>},
    {Role::kAdmin, "DELETE", "cidrs", one<CidrId, delete_cidr>},
    {Role::kAdmin, "GET", "associations", all<List::kAssociations>},
    {Role::kAdmin, "POST", "associations", add_association},
    {Role::kAdmin, "DELETE", "associations", one<AssociationId, delete_association>},
};

}  // namespace

std::span<const Route> admin_routes() { return kRoutes; }

}  // namespace innernet::server::api
