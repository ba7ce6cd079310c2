#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "flows.hpp"
#include "innernet/relay/relay.hpp"
#include "local_addresses.hpp"
#include "mac.hpp"
#include "noise.hpp"
#include "question.hpp"
#include "token_bucket.hpp"

namespace innernet::relay {

/// What the relay decides: no socket, no clock, no randomness of its own.
///
/// A member is registered from the moment when it has sent the first message of a session with the relay: an initiation alone may have been
/// recorded or taken on its way, and sent again from elsewhere. A keepalive that is authentic and newer than the last moves it to where
/// that came from, as WireGuard's peers roam. 180 seconds after its last handshake it is no longer registered.
///
/// A message in a session that is not confirmed and not empty is a question: it registers nobody, and is answered to where it came from,
/// which has to be where the session's initiation came from.
///
/// A stranger is a source of initiations that is not registered. It gets answers; other messages only when it has shown, by an index that
/// it can know from an answer alone, that it is where it says.
class Engine {
 public:
  using Randomness = std::function<void(std::span<std::uint8_t>)>;

  Engine(const wg::PrivateKey& key, const Limits& limits, Randomness randomness, BootTime start);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  struct Outgoing {
    SocketAddress to;
    IpAddress from;  ///< which of the machine's addresses; 0.0.0.0: as the routes say
    ByteView bytes;  ///< of the packet that came in, or valid until the next one
  };
  /// At most one packet for one, and never a larger one. `local` is the machine's address at which it came.
  std::optional<Outgoing> on_packet(BootTime now, const SocketAddress& source, ByteView bytes, const IpAddress& local = IpAddress());

  /// Never null.
  void set_membership(std::shared_ptr<const Membership> membership, BootTime now);

  void count_not_sent(std::uint64_t packets) { counters_.not_sent += packets; }
  Snapshot snapshot(BootTime now, WallTime wall);
  const wg::PublicKey& public_key() const { return own_.public_key(); }

 private:
  using Number = Membership::Number;
  static constexpr Number kStranger = ~Number{0};
  static constexpr PartyId kNoParty = ~PartyId{0};

  struct Party {
    SocketAddress address{};
    Number member = kStranger;
    RateBucket sent;
    Ticks since = 0;          // a member: its last handshake; a stranger: when it last showed that it is there, or asked to reach somebody
    std::uint32_t index = 0;  // of the session with the relay
    SecretBytes<32> receive_key{};
    std::uint64_t next_counter = 0;
    LocalAddresses::Id local = 0;  // where it has asked us
    bool used = false;             // else the place is free
    bool shown = false;            // a member: registered; a stranger: has shown that it is there
  };
  // A handshake that is answered, but not confirmed.
  struct Next {
    std::uint32_t index = 0, remote_index = 0;
    Ticks made = 0;
    SocketAddress source;
    SecretBytes<32> receive_key, send_key;
    std::uint64_t asked = 0;  // a bit for each question's counter
  };
  // Of one member, in the order in which they came: its kernel's, and those of who asks in its name.
  using Nexts = std::vector<Next>;
  // What is known of a member.
  struct Seen {
    Timestamp timestamp{};
    PartyId party = kNoParty;
  };
  struct AddressHash {
    using is_transparent = void;
    using is_avalanching = void;
    const std::deque<Party>* parties;
    SeededHash hash;
    std::size_t operator()(PartyId id) const { return hash((*parties)[id].address); }
    std::size_t operator()(const SocketAddress& address) const { return hash(address); }
  };
  struct AddressEqual {
    using is_transparent = void;
    const std::deque<Party>* parties;
    bool operator()(PartyId a, PartyId b) const { return a == b; }
    bool operator()(PartyId id, const SocketAddress& address) const { return (*parties)[id].address == address; }
    bool operator()(const SocketAddress& address, PartyId id) const { return (*parties)[id].address == address; }
  };
  struct NumberHash {
    using is_avalanching = void;
    SeededHash hash;
    std::size_t operator()(std::uint64_t number) const { return hash(number); }
  };

  // Of one packet.
  struct Packet {
    SocketAddress source;
    ByteView bytes;
    Ticks ticks;
    std::uint32_t milliseconds;
    BootTime now;
    IpAddress local;
  };

  std::optional<Outgoing> on_initiation(const Packet& packet, const Initiation& initiation);
  std::optional<Outgoing> on_own_initiation(const Packet& packet, const Initiation& initiation);
  std::optional<Outgoing> on_response(const Packet& packet, const Response& response);
  std::optional<Outgoing> on_cookie_reply(const Packet& packet, const CookieReply& reply);
  std::optional<Outgoing> on_data(const Packet& packet, const Data& data);
  std::optional<Outgoing> on_own_data(const Packet& packet, const Data& data);
  std::optional<Outgoing> on_question(const Packet& packet, const Data& data, Next& session, Party& party);
  std::uint32_t new_index(PartyId id, const Nexts& waiting);
  std::optional<Outgoing> cookie_reply(const Packet& packet, const Initiation& initiation);

  /// Takes its tries out of `budget`, until there are none.
  std::optional<PartyId> find_receiver(const Packet& packet, const Initiation& initiation, PartyId from, TokenBucket& budget);
  bool may_ask(const Packet& packet, PartyId from);
  bool may_stranger_ask(const Packet& packet);
  bool has_room_for_flow(PartyId to) const;
  bool may_pass(const Packet& packet, PartyId from, PartyId to, double source_packets);
  Outgoing pass(const Packet& packet, PartyId to);
  static std::nullopt_t drop(std::uint64_t& counter);

  PartyId party_at(const SocketAddress& address, Ticks now);
  bool is_there(const Party& party, Ticks now) const;
  bool is_kept(PartyId id, Ticks now) const;
  PartyId make_party(Number member, const Packet& packet);
  void forget(PartyId id);
  bool is_at(const Party& party, const Packet& packet) const;
  /// Where the packet came from.
  void move_to(PartyId id, const Packet& packet);
  void leave_address(PartyId id);
  void purge_flows(Ticks now);
  void sweep(Ticks now, std::uint32_t milliseconds);
  void sweep_for_room(const Packet& packet);
  Ticks ticks(BootTime now) const;

  OwnKey own_;
  Blake2s::State own_mac1_;
  Limits limits_;
  Randomness randomness_;
  BootTime start_;
  SeededHash::Seed seed_;
  CookieJar cookies_;
  Counters counters_;

  std::shared_ptr<const Membership> membership_;
  std::vector<Seen> seen_;  // by the member's number
  std::deque<Party> parties_;
  std::vector<PartyId> free_;
  std::size_t strangers_ = 0;
  LocalAddresses locals_;
  boost::unordered_flat_set<PartyId, AddressHash, AddressEqual> by_address_;
  boost::unordered_flat_map<PartyId, Nexts, NumberHash> next_;
  Flows flows_;
  boost::unordered_flat_map<std::uint64_t, RateBucket, NumberHash> pairs_;
  boost::unordered_flat_map<PartyId, TokenBucket, NumberHash> tries_;  // of members that have lately asked for somebody
  boost::unordered_flat_map<std::uint64_t, TokenBucket, NumberHash> cookie_holders_, strange_networks_;
  RateBucket relay_;
  TokenBucket own_handshakes_, strange_initiations_, mac1_tries_, strange_mac1_tries_;
  Ticks swept_ = 0;

  std::array<std::uint8_t, kLargestQuestion> answer_{};
};

}  // namespace innernet::relay
