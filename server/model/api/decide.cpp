#include "decide.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "handlers.hpp"
#include "target.hpp"

namespace innernet::server::api {
namespace {

constexpr std::size_t kMostBody = 16 * 1024;

bool has_server_key(const Request& request, std::string_view server_key) {
  return request.server_key && wg::same_text_constant_time(*request.server_key, server_key);
}

Response no_such_route() { return refusal(404, "there is nothing at this path for this method"); }

bool may(const Peer& peer, Role role) {
  switch (role) {
    case Role::kAnyPeer:
      return true;
    case Role::kUser:
      return peer.is_redeemed;
    case Role::kAdmin:
      break;
  }
  return peer.is_redeemed && peer.is_admin;
}

/// Null if there is none.
template <class Handle>
const Route* find(std::span<const Route> routes, const Session& session) {
  const auto route = std::ranges::find_if(routes, [&](const Route& candidate) {
    return candidate.method == session.request.method && candidate.name == session.path.front() &&
           std::holds_alternative<Handle>(candidate.handle);
  });
  return route == routes.end() ? nullptr : &*route;
}

Decision of_user(const Session& session) {
  const Route* const route = find<Route::OfAll>(user_routes(), session);
  if (route == nullptr) return no_such_route();
  if (!may(session.peer.peer, route->role)) return refusal(401, "the invitation must be redeemed first");
  return std::get<Route::OfAll>(route->handle)(session);
}

// The role was checked: nobody else learns what there is.
Decision of_admin(const Session& session) {
  const bool is_one = session.path.size() > 1;
  const Route* const route = is_one ? find<Route::OfOne>(admin_routes(), session) : find<Route::OfAll>(admin_routes(), session);
  if (route == nullptr) return no_such_route();
  if (!is_one) return std::get<Route::OfAll>(route->handle)(session);
  const auto id = parse_id(session.path[1]);
  if (!id) return refusal(404, "an id is a number");
  return std::get<Route::OfOne>(route->handle)(session, *id);
}

}  // namespace

Result<std::string_view> body_of(const Request& request) {
  if (request.body_kind == Request::Body::kNoLength) return invalid_input("a body with a Content-Length is required");
  if (request.body_kind == Request::Body::kTooLarge || request.body.size() > kMostBody)
    return invalid_input(fmt::format("the body is larger than {} bytes", kMostBody));
  return std::string_view(request.body);
}

Decision change_peer(const Network& network, PeerId id, PeerChange change) {
  if (auto allowed = network.check_peer_update(id, change); !allowed) return refusal(allowed.error());
  if (!change.changes(network.find_peer(id)->peer)) return empty_response(204);
  return Change{[id, change = std::move(change)](Registry::Writer& writer) -> Result<Response> {
    TRY_VOID(writer.update_peer(id, change));
    return empty_response(204);
  }};
}

Decision change_own(const Session& session, PeerChange change) {
  auto decision = change_peer(session.world.network, session.peer.peer.id, std::move(change));
  if (auto* const to_write = std::get_if<Change>(&decision)) to_write->written_by = session.peer.peer.id;
  return decision;
}

Decision decide(const World& world, const Request& request) {
  const auto components = path_components(request.target);
  if (components.front() != "v1") return refusal(404, "there is nothing outside of /v1");
  if (!has_server_key(request, world.server_key)) return refusal(401, "the header X-Innernet-Server-Key must hold the server's public key");
  const PeerRecord* peer = world.network.find_peer(request.source);
  if (peer == nullptr || peer->peer.is_disabled) return refusal(401, "this address belongs to no enabled peer");

  const auto behind = std::span(components).subspan(1);
  if (behind.empty()) return no_such_route();
  const Session session{world, *peer, request, behind.subspan(1)};
  if (behind.front() == "user") return session.path.empty() ? no_such_route() : of_user(session);
  if (behind.front() == "admin") {
    if (!may(peer->peer, Role::kAdmin)) return refusal(401, "only an administrator may do this");
    return session.path.empty() ? no_such_route() : of_admin(session);
  }
  return no_such_route();
}

}  // namespace innernet::server::api
