#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/config/config.hpp"
#include "innernet/json/json.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::client {

class ServerClock;

/// Why a request failed. Without a status the server gave no whole answer (kUnreachable: refused, reset, closed, timed out) or one
/// that can't be read (kInvalidInput), or we were stopped (kInterrupted). With a status it is not the expected one; the message has its
/// words, if any: 400, 413: kInvalidInput; 401: kPermission; 404: kNotFound; all others kSystem. Converts to Error, so TRY works on
/// answers.
class RequestError : public Error {
 public:
  RequestError(Error error, std::optional<int> status = std::nullopt, std::optional<std::chrono::seconds> retry_after = std::nullopt)
      : Error(std::move(error)), status_(status), retry_after_(retry_after) {}

  std::optional<int> status() const { return status_; }
  /// When the server wants to be asked again, if it says so; a day at most.
  std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
  /// Whether the server said that it has not done what was asked (4xx). After any other failure it may have: what it stored before a 5xx
  /// stays stored.
  bool is_refusal() const { return status_ && *status_ / 100 == 4; }

 private:
  std::optional<int> status_;
  std::optional<std::chrono::seconds> retry_after_;
};

template <class T>
using Answer = std::expected<T, RequestError>;

struct RequestTimes {
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds progress{10'000};  ///< without a byte sent or received
  std::chrono::milliseconds whole{300'000};    ///< from the request to the end of its answer, however steadily that trickles
};

/// How long a request that waits for news waits for a machine that does not answer any more, where there are several servers. (The kernel's
/// timers may be half a second late.)
constexpr std::chrono::seconds kDeathIsNoticedWithin{13};

/// How to ask for a state. Everything beyond the default needs a server that announces it (Capabilities).
struct StateQuery {
  std::string if_none_match{};   ///< the ETag of what we have; empty: none
  std::chrono::seconds wait{0};  ///< for news, with if_none_match (state_wait_max); adds to RequestTimes::progress and whole
  bool accept_delta = false;     ///< with if_none_match (state_delta)
  bool notices_death = false;    ///< of the server's machine, within kDeathIsNoticedWithin, however long the request waits
  int interrupt_fd = -1;         ///< when it becomes readable before the answer begins, the request fails (kSystem)
};

struct NotModified {};
struct StateAnswer {
  std::variant<State, StateDelta, NotModified> news;
  std::string etag;  ///< empty: the server has none
};

struct RelayGroupsAnswer {
  std::optional<RelayGroups> news;  ///< none: not modified
  std::string etag;
};

/// The state that `delta` makes of `state`.
State apply_delta(State state, StateDelta delta);

/// The server's API, one blocking request at a time over one kept-alive connection, made when first needed. Deadlines go by
/// CLOCK_BOOTTIME. No redirects, no proxies. A `stop` ends whatever blocks.
///
/// Requests and answers go through `interface` alone. A route to the server's address is nothing to rely on: any DHCP server of a LAN can
/// hand out a more specific one (CVE-2024-3661), and then a stranger answers. Only tests, whose servers are on loopback, give none.
class RestClient {
 public:
  RestClient(const SocketAddress& server, const wg::PublicKey& server_key, const std::optional<InterfaceName>& interface,
             const Stop* stop = nullptr, RequestTimes times = {});
  RestClient(const InterfaceConfig& config, const std::optional<InterfaceName>& interface, const Stop* stop = nullptr,
             RequestTimes times = {})
      : RestClient(config.server_internal_endpoint, config.server_public_key, interface, stop, times) {}
  RestClient(RestClient&&) noexcept;
  RestClient& operator=(RestClient&&) noexcept;
  ~RestClient();

  Answer<StateAnswer> get_state(const StateQuery& query = {});
  /// An old server (404) can do nothing extra.
  Answer<Capabilities> capabilities();
  /// Needs a server that announces it.
  Answer<SeenAt> seen_at();
  Answer<void> redeem(const wg::PublicKey& permanent_key);
  Answer<void> put_candidates(const std::vector<Endpoint>& candidates);  ///< at most 10
  Answer<void> put_endpoint(const std::optional<Endpoint>& endpoint);    ///< none: unset

  Answer<void> put_relay_distances(const std::vector<RelayDistance>& distances);  ///< at most kMostRelayDistances (peer_relays)
  // For a peer that is a relay (Capabilities::peer_relays); others are not found.
  Answer<void> put_relay(const RelayOfPeer& relay);
  Answer<void> put_relay_registrations(std::span<const wg::PublicKey> keys);  ///< at most kMostRelayRegistrations (relay_registrations)
  /// `query.accept_delta` means nothing here. No groups: as before.
  Answer<RelayGroupsAnswer> relay_groups(const StateQuery& query);

  // For admins. Lists are in the order of ids.
  Answer<std::vector<Peer>> peers();
  Answer<Peer> create_peer(const PeerContents& peer);
  Answer<void> update_peer(PeerId id, const PeerContents& peer);
  Answer<void> delete_peer(PeerId id);  ///< which disables it
  Answer<void> set_relay(PeerId id, bool is_relay);
  Answer<std::vector<Cidr>> cidrs();
  Answer<Cidr> create_cidr(const CidrContents& cidr);
  Answer<void> update_cidr(CidrId id, const CidrContents& cidr);
  Answer<void> delete_cidr(CidrId id);
  Answer<std::vector<Association>> associations();
  Answer<void> create_association(const AssociationContents& association);
  Answer<void> delete_association(AssociationId id);

  /// While this descriptor is readable, each request fails at once (kInterrupted), one that waits for something among them.
  void interrupt_by(int fd);
  /// By the dates of all answers so far.
  const ServerClock& server_clock() const;
  /// Whether the last failed request may have reached the server: everything but "never connected".
  bool last_request_was_sent() const;
  /// The next request makes a new connection (the interface's key or address has changed).
  void disconnect();

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace innernet::client
