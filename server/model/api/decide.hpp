#pragma once

#include <functional>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "innernet/base/clock.hpp"
#include "innernet/server/message.hpp"
#include "innernet/server/registry.hpp"
#include "recent_overrides.hpp"
#include "redemptions.hpp"

namespace innernet::server::api {

/// What a request comes to, before anything is done. Pure: it depends on its parameters alone.

/// The state that all in this CIDR see.
struct StateOfGroup {
  CidrId group;
};
enum class List { kPeers, kCidrs, kAssociations };
/// Who may be relayed to whom, for a peer that is a relay.
struct GroupsForRelay {
  PeerId relay;
};
/// What a peer says of its distance from relays, which no database holds.
struct Distances {
  PeerId peer;
  std::vector<RelayDistance> distances;
};
/// Who is registered with a peer's relay, as that says. No database holds it either.
struct Registrations {
  PeerId relay;
  std::vector<wg::PublicKey> keys;
};
/// Something to write. Validated against the network as it is; the writer does it again under the lock.
struct Change {
  std::function<Result<Response>(Registry::Writer&)> apply;
  std::optional<PeerId> redeemed = {};    ///< for the Redemptions, once it was applied
  std::optional<PeerId> written_by = {};  ///< for the WriteAllowance: a peer that changes what is stored about itself
};
using Decision = std::variant<Response, StateOfGroup, GroupsForRelay, Distances, Registrations, List, Change>;

/// Where the server's relay sees those who are registered.
using SeenByRelay = std::unordered_map<wg::PublicKey, SocketAddress>;

struct World {
  const Network& network;
  std::string_view server_key;  ///< base64
  const Redemptions& redemptions;
  const RecentOverrides& overrides;
  const SeenByRelay& seen_by_relay;
  WallTime wall;
  BootTime boot;
};
Decision decide(const World& world, const Request& request);

Response json_response(unsigned status, std::string body);
Response empty_response(unsigned status);
/// With `{"error":…}`.
Response refusal(unsigned status, std::string_view why);
/// The one place from error to status: 400 for a broken rule, 404 for an id that is not there, else 500 without the cause, which is for the
/// log.
Response refusal(const Error& error);
/// 429.
Response written_too_often(std::chrono::seconds retry_after);

}  // namespace innernet::server::api
