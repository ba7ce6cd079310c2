#pragma once

#include <span>

#include "decide.hpp"

namespace innernet::server::api {

/// A request behind the door: who asks, and the components behind `/v1/user` or `/v1/admin`.
struct Session {
  const World& world;
  const PeerRecord& peer;
  const Request& request;
  std::span<const std::string_view> path;  // not empty
};

Decision handle_user(const Session& session);
/// The role was checked.
Decision handle_admin(const Session& session);

/// The body, or why there is none that could be read.
Result<std::string_view> body_of(const Request& request);
Response no_such_route();
/// The change of a peer's row; the answer itself when there is nothing to change or a rule is against it.
Decision change_peer(const Network& network, PeerId id, PeerChange change);

}  // namespace innernet::server::api
