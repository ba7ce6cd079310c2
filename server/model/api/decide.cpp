#include "decide.hpp"

#include <fmt/format.h>

#include "handlers.hpp"
#include "target.hpp"

namespace innernet::server::api {
namespace {

constexpr std::size_t kMostBody = 16 * 1024;

bool has_server_key(const Request& request, std::string_view server_key) {
  return request.server_key && wg::same_text_constant_time(*request.server_key, server_key);
}

}  // namespace

Response no_such_route() { return refusal(404, "there is nothing at this path for this method"); }

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
                },
                std::nullopt};
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
  if (behind.front() == "user") return session.path.empty() ? no_such_route() : handle_user(session);
  if (behind.front() == "admin") {
    if (!peer->peer.is_redeemed || !peer->peer.is_admin) return refusal(401, "only an administrator may do this");
    return session.path.empty() ? no_such_route() : handle_admin(session);
  }
  return no_such_route();
}

}  // namespace innernet::server::api
