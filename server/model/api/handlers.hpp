#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "decide.hpp"

namespace innernet::server::api {

/// A request behind the door: who asks, and the components behind `/v1/user` or `/v1/admin`.
struct Session {
  const World& world;
  const PeerRecord& peer;
  const Request& request;
  std::span<const std::string_view> path;  // not empty
};

/// Who may ask for something. The last two are redeemed.
enum class Role { kAnyPeer, kUser, kAdmin };

/// What there is to ask for.
struct Route {
  using OfAll = Decision (*)(const Session&);
  using OfOne = Decision (*)(const Session&, std::int64_t id);

  Role role;
  std::string_view method;
  std::string_view name;              ///< the component behind `user` or `admin`
  std::variant<OfAll, OfOne> handle;  ///< OfOne: the next component is an id
};
/// Behind `/v1/user`. What follows the name is not looked at, as in the Rust server.
std::span<const Route> user_routes();
/// Behind `/v1/admin`. What follows the id is not looked at.
std::span<const Route> admin_routes();

/// The body, or why there is none that could be read.
Result<std::string_view> body_of(const Request& request);
/// The change that a peer wants of what is stored about itself.
Decision change_own(const Session& session, PeerChange change);

// Peers as relays.
Decision make_relay(const Session& session, PeerId id);
Decision end_relay(const Session& session, PeerId id);
Decision put_relay(const Session& session);
Decision relay(const Session& session);
Decision put_relay_registrations(const Session& session);
Decision put_relay_distances(const Session& session);

/// The change of a peer's row; the answer itself when there is nothing to change or a rule is against it.
Decision change_peer(const Network& network, PeerId id, PeerChange change);

}  // namespace innernet::server::api
