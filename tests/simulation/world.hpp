#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client.hpp"
#include "plan.hpp"
#include "server.hpp"

namespace innernet::simulation {

/// What is promised.
struct Bounds {
  // Until two are connected, without a disturbance.
  std::chrono::seconds talking{30};  ///< that send each other something
  std::chrono::seconds silent{250};  ///< that don't: WireGuard notices at the end of the session alone, and the daemon with its next round
  std::chrono::seconds moved{5};     ///< that were connected, of which one has got another address, and knows it
  std::chrono::seconds lost{30};     ///< the same where packets are lost: a relay may learn by the next keepalive alone where one is
  std::chrono::seconds server_back{250};  ///< after the server's machine was away: the same of the session with it
  std::chrono::minutes direct{20};        ///< until two that have a direct way take it, if a try of one is enough
  std::chrono::minutes together{25};      ///< the same, if both have to try at the same time
  std::chrono::seconds forgotten{20};     ///< until nothing gets through to who may no longer be reached
  int probes_of_peer = 20;                ///< in a minute
  int probes = 200;                       ///< in a minute, of one machine
  int changes = 4;                        ///< of a pair's way, in an hour without a disturbance
  std::chrono::seconds relay_lost{10};    ///< until two that send each other something and whose relay has died are on another one
  std::chrono::seconds relay_back{60};    ///< more, if there was no relay and one has come back: it is asked each 30 s
  std::chrono::minutes farther{20};       ///< that a pair has a relay, while another one is clearly nearer to both
  int relay_changes = 4;                  ///< of a pair's relay in an hour, without one of a relay
};

struct Violation {
  std::chrono::nanoseconds at{};
  unsigned one = 0, other = 0;
  std::string_view rule;
  std::string what;

  std::string to_string() const;
};

/// A plan as it happens.
class World {
 public:
  explicit World(Plan plan, const Bounds& bounds = {}, bool is_verbose = false);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Ends at the first violation.
  void run();

  const std::optional<Violation>& violation() const { return violation_; }
  /// Only what the two who violate something have to do with, and what concerns all.
  std::vector<std::string> story_of_violation() const;

  enum class Way { kNone, kDirect, kRelayed };
  Way way(unsigned from, unsigned to) const { return route(from, to).way; }
  struct Route {
    Way way = Way::kNone;
    const RelayHost* relay = nullptr;  ///< through which
  };
  Route route(unsigned from, unsigned to) const;

  struct Times {
    std::optional<std::chrono::nanoseconds> first_packet{};  ///< after the later of two has joined
    Way first = Way::kNone;                                  ///< half a minute later
    Way last = Way::kNone;
    std::optional<std::chrono::nanoseconds> direct{};  ///< after it has joined
  };
  const Times& times(unsigned one, unsigned other) const { return pairs_.at({one, other}).times; }

  struct Summary {
    std::size_t pairs = 0, direct = 0, relayed = 0, apart = 0;
    std::chrono::nanoseconds longest_talking{}, longest_silent{}, longest_moved{};  ///< without a connection, after the last disturbance
    std::chrono::nanoseconds longest_indirect{},
        longest_both{};                             ///< relayed, though there was a direct way, of which one side, or both, know
    std::chrono::nanoseconds longest_relay_lost{};  ///< without a connection, since the pair's relay has died
    std::chrono::nanoseconds longest_farther{};     ///< at a relay, though another one was clearly nearer
    std::size_t moves = 0;                          ///< of pairs that were well before
    int most_probes_of_peer = 0, most_probes = 0, most_changes = 0, most_relay_changes = 0;
    std::uint64_t events = 0;
  };
  Summary summary() const;

 private:
  struct Member {
    Host host;
    std::unique_ptr<Client> client;
    PeerId id{};
    unsigned site = 0;
    bool is_joined = false, is_disabled = false, is_relay = false;
    std::optional<BootTime> relays_since{};  // for anybody
    BootTime disturbed{};
    std::deque<BootTime> probes{};
    std::map<unsigned, std::deque<BootTime>> probes_of{};
  };
  struct Pair {
    bool is_talking = false;
    BootTime disturbed{};  // or they were allowed to talk
    BootTime may_not_since{};
    BootTime cut_off{};
    BootTime moved{};
    bool has_moved_alone = false;  // was well before, and nothing else has happened since
    bool may = false;
    bool is_connected = false;
    Way way = Way::kNone, candidate = Way::kNone;
    std::deque<BootTime> changes{};
    Times times{};
    const RelayHost* relay = nullptr;
    const RelayHost* candidate_relay = nullptr;
    std::deque<BootTime> relay_changes{};
    std::optional<BootTime> relay_lost{}, farther_since{};
  };

  void join(unsigned peer);
  void disturb(const Disturbance& disturbance);
  void end(const Disturbance& disturbance);
  /// kMoves: the peer knows of it. kMovesUnawares: not.
  enum class Change { kOther, kMoves, kMovesUnawares };
  void note_disturbed(unsigned peer, Change change = Change::kOther);
  void note_disturbed(Pair& pair, Change change);
  void note_all_disturbed();
  void look();
  void look_at(unsigned one, unsigned other, Pair& pair);
  void look_at_relays();
  void look_at_relay_of(unsigned one, unsigned other, Pair& pair, const RelayHost* relay);
  void note_relay_ended(const RelayHost* relay);
  const RelayHost* relay_at(const Host* host, std::uint16_t port) const;
  /// Since when a relay other than `without` was there for these two, at the longest; none: there is none.
  std::optional<BootTime> relayable_since(unsigned one, unsigned other, const RelayHost* without = nullptr) const;
  void talk();
  void on_deed(unsigned from, const Deed& deed);
  bool may_talk(unsigned one, unsigned other) const;
  bool could_be_direct(unsigned one, unsigned other) const;
  /// For that a try of one of them is enough, whatever the other does at that moment.
  bool one_side_is_enough(unsigned one, unsigned other) const;
  void violate(unsigned one, unsigned other, std::string_view rule, std::string what);
  void tell(const std::string& text, std::initializer_list<unsigned> peers = {});
  Pair& pair(unsigned one, unsigned other) { return pairs_.at({std::min(one, other), std::max(one, other)}); }

  Plan plan_;
  Bounds bounds_;
  bool is_verbose_;
  Events events_;
  Internet internet_;
  Identities identities_;
  std::unique_ptr<Server> server_;
  std::vector<Lan*> sites_;
  std::vector<Member> members_;
  std::map<std::pair<unsigned, unsigned>, Pair> pairs_;
  std::map<const Host*, unsigned> by_host_;
  BootTime relays_changed_{};  // one has come, gone or moved
  std::vector<std::optional<AssociationId>> associations_;
  int server_outages_ = 0;
  std::optional<BootTime> server_was_away_;
  std::optional<Violation> violation_;
  struct Line {
    std::string text;
    std::vector<unsigned> peers;
  };
  std::vector<Line> story_;
  Summary summary_;
};

/// The smallest part of a plan that still violates something, as far as leaving out one after the other finds it.
Plan shrink(const Plan& plan, const Bounds& bounds);

}  // namespace innernet::simulation
