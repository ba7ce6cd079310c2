#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/values/peer.hpp"

namespace innernet {

// The JSON of the HTTP API and the data store. Writers append in the field order of the Rust programs. Readers ignore unknown fields,
// take a missing nullable field as null, missing candidates as empty; they refuse a missing required field, a duplicate key,
// text behind the end, and a number that is not an integer token in range. Errors name the field.

/// The most peers, CIDRs or associations that one list may have. WireGuard itself takes fewer in userspace (65,536) and more in the kernel
/// (1,048,576), and networks of 100,000 are measured; but written as shortly as they can be, a body of 256 MiB holds a million and a half
/// peers or eight million CIDRs, which fill the memory of a small machine several times over before anybody has looked at them.
constexpr std::size_t kMostInList = std::size_t{1} << 18U;
/// The most relays of a network that are read.
constexpr std::size_t kMostRelays = 64;
/// The most servers of a network that are read; those that follow are left out.
constexpr std::size_t kMostServers = 16;
/// The most relays that a peer tells its distance from. Clients use fewer.
constexpr std::size_t kMostRelayDistances = 8;
/// The most peers that a relay names as registered with it: as many keys as fit into a request.
constexpr std::size_t kMostRelayRegistrations = 300;
/// The most candidates of a peer that are kept; a server lets it report ten, and adds one.
constexpr std::size_t kMostCandidatesRead = 64;

/// Is told of what was left out of something that is otherwise fine.
using Warn = std::function<void(std::string_view)>;

void append_json(std::string& out, const PeerContents& peer);  ///< without id
void append_json(std::string& out, const Peer& peer);
void append_json(std::string& out, const CidrContents& cidr);
void append_json(std::string& out, const Cidr& cidr);
void append_json(std::string& out, const AssociationContents& association);
void append_json(std::string& out, const Association& association);
void append_json(std::string& out, std::span<const Peer> peers);  ///< an array, as the lists for admins are
void append_json(std::string& out, std::span<const Cidr> cidrs);
void append_json(std::string& out, std::span<const Association> associations);
void append_json(std::string& out, std::span<const Relay> relays);
void append_json(std::string& out, const State& state);
void append_json(std::string& out, const StateDelta& delta);
void append_json(std::string& out, const RelayOfPeer& relay);
void append_json(std::string& out, const RelayGroups& groups);
/// In quotes, escaped as serde_json does; a byte that is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

template <class T>
std::string to_json(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

/// `["host:port",…]`, as the database's candidates column and PUT candidates have it.
std::string candidates_to_json(const std::vector<Endpoint>& candidates);

// Large bodies, read from events without a tree. A peer whose name or key is not valid is left out with a warning, and so is a server
// whose endpoint is not; a candidate that can't be read is left out, an endpoint that can't be read is null. A list of more than
// kMostInList is refused.
Result<State> parse_state(std::string_view text, const Warn& warn);
Result<StateDelta> parse_state_delta(std::string_view text, const Warn& warn);
Result<std::vector<Peer>> parse_peers(std::string_view text, const Warn& warn);
Result<std::vector<Cidr>> parse_cidrs(std::string_view text);
Result<std::vector<Association>> parse_associations(std::string_view text);
/// One whose key or endpoint is not valid is left out with a warning.
Result<std::vector<Relay>> parse_relays(std::string_view text, const Warn& warn);
Result<Peer> parse_peer(std::string_view text);
Result<Cidr> parse_cidr(std::string_view text);

// Request bodies. Strict: every endpoint must be valid.
Result<PeerContents> parse_peer_contents(std::string_view text);
Result<CidrContents> parse_cidr_contents(std::string_view text);
Result<AssociationContents> parse_association_contents(std::string_view text);
/// `{"option":"Set","content":"host:port"}` is the endpoint, `{"option":"Unset"}` is none.
Result<std::optional<Endpoint>> parse_endpoint_option(std::string_view text);
std::string endpoint_option_to_json(const std::optional<Endpoint>& endpoint);
/// Of any length: the limit of ten is the caller's.
Result<std::vector<Endpoint>> parse_candidates(std::string_view text);
/// As a database row has it: what can't be read is left out; not even an array reads as empty.
std::vector<Endpoint> parse_stored_candidates(std::string_view text);
Result<wg::PublicKey> parse_redeem(std::string_view text);
std::string redeem_to_json(const wg::PublicKey& key);

/// Port 0 is refused, for nobody can send to it.
Result<RelayOfPeer> parse_relay_of_peer(std::string_view text);
/// Pairs name groups that are there. A key that can't be used is left out.
Result<RelayGroups> parse_relay_groups(std::string_view text);
/// `[[RELAY,MILLISECONDS],…]`, at most kMostRelayDistances.
Result<std::vector<RelayDistance>> parse_relay_distances(std::string_view text);
std::string relay_distances_to_json(const std::vector<RelayDistance>& distances);
/// `["KEY",…]`, at most kMostRelayRegistrations. Strict: every key must be valid.
Result<std::vector<wg::PublicKey>> parse_relay_registrations(std::string_view text);
std::string relay_registrations_to_json(std::span<const wg::PublicKey> keys);

/// What a server says that it can do. A missing key is false or 0.
struct Capabilities {
  bool unspecified_ip_in_override_endpoint = false;
  bool state_etag = false;
  bool state_delta = false;
  std::uint32_t state_wait_max = 0;  ///< seconds
  bool seen_at = false;
  bool peer_relays = false;          ///< peers can be made relays, and be told who may be relayed
  bool relay_registrations = false;  ///< these say who is registered with them
};
Result<Capabilities> parse_capabilities(std::string_view text);
std::string to_json(const Capabilities& capabilities);

/// `{"by_server":"192.0.2.1:5","by_relay":null}`
std::string to_json(const SeenAt& seen);
Result<SeenAt> parse_seen_at(std::string_view text);

/// `{"error":"…"}`
std::string error_to_json(std::string_view message);
/// None when the body is empty or something else. It is somebody else's text: show it through quoted().
std::optional<std::string> parse_error(std::string_view text);

/// The client's data store: `{"version":"1","peers":[…],"cidrs":[…]}`, pretty-printed as serde_json does (two spaces).
std::string data_store_to_json(const State& state);
Result<State> parse_data_store(std::string_view text, const Warn& warn);

// The same in pieces, which may end anywhere: a file of ten thousand peers needs no memory for its text.
void write_data_store(const State& state, const std::function<void(std::string_view)>& take);

class DataStoreReader {
 public:
  /// `warn` must live as long as this. `expected_size`: bytes of the text, as far as known.
  DataStoreReader(const Warn& warn, std::size_t expected_size);
  DataStoreReader(DataStoreReader&&) noexcept;
  ~DataStoreReader();

  /// Not to be called again when it has failed.
  Result<void> take(std::string_view piece);
  Result<State> finish() &&;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace innernet
