#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/json/json.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::client {

/// What states have said of the servers of a network, all of which have the same key. At most one of them is active; when another one takes
/// over, the term is counted up.
struct KnownServers {
  std::vector<Endpoint> servers{};
  std::optional<std::uint64_t> term{};  ///< the highest that was seen; none: the network has no terms

  bool is_empty() const { return servers.empty() && !term; }
  /// Lines: whose servers they are, the term, the endpoints.
  std::string to_text(const wg::PublicKey& server_key) const;
  /// Empty when the text can't be read, or is of a network with another key.
  static KnownServers parse(std::string_view text, const wg::PublicKey& server_key);

  friend bool operator==(const KnownServers&, const KnownServers&) = default;
};

/// Those of `servers` that may be outside of `network`; of each other one `warn` is told.
std::vector<Endpoint> usable_servers(const std::vector<Endpoint>& servers, const IpNet& network, const Warn& warn);

/// Whether a state is used. A server that was replaced may not know that yet: its state may have a key that was revoked since.
enum class TermVerdict {
  kUsed,
  kOlder,   ///< never, however long no other server answers
  kMissing  ///< a network that had a term has none any more when its database was moved back to SQLite, which is believed in the end
};

/// For how long no server may have named a term until a state without one is used. Who moves a database back to SQLite has ended the
/// servers that had terms, so that it is this long for which clients go on with what they have.
inline constexpr std::chrono::minutes kTermIsForgottenAfter{10};

/// `said` by the state, `seen` before; `silence`: since a server that has a term has answered.
TermVerdict judge_term(std::optional<std::uint64_t> said, std::optional<std::uint64_t> seen, std::chrono::nanoseconds silence);

/// Why a state is not used (not kUsed), for people.
std::string why_not_used(std::optional<std::uint64_t> said, std::uint64_t seen, std::chrono::nanoseconds silence);

}  // namespace innernet::client
