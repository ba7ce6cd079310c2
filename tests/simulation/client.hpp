#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "direct_turn.hpp"
#include "fetch_round.hpp"
#include "nat_traversal.hpp"
#include "network_changes.hpp"
#include "relay_duties.hpp"
#include "round_schedule.hpp"
#include "server.hpp"
#include "session_check.hpp"

namespace innernet::simulation {

/// That a client makes WireGuard send something to a peer at an address, beside what WireGuard sends by itself.
struct Deed {
  BootTime when;
  Identity peer = 0;
  SocketAddress to{};
  bool is_forced = false;  ///< WireGuard's handshake is begun anew, or its endpoint set
};

/// A daemon: WireGuard on a host, and the client's own decisions about it (difference, NAT traversal, direct tries, turns, checks of
/// sessions, reports, schedule), in the order in which fetch_round(), BackgroundTraversal and NetworkWorker call them. Only what blocks
/// there comes back here by an event.
class Client {
 public:
  Client(Events& events, Internet& internet, const Identities& identities, Server& server, Host& host, Identity self, const IpAddress& ip,
         std::uint64_t seed);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Up with its interface, as by `up --daemon`.
  void start();
  /// With its interface.
  void stop();
  /// The daemon alone: what WireGuard has, stays.
  void kill();
  bool is_running() const { return is_running_; }
  /// Its addresses have changed, or its clock was set: what the daemon's supervisor notices.
  void nudge();
  void set_wall(std::chrono::nanoseconds offset) { device_.wall_offset = offset; }

  WireGuard& device() { return device_; }
  const WireGuard& device() const { return device_; }
  Host& host() { return host_; }
  Identity identity() const { return self_; }
  const IpAddress& ip() const { return ip_; }
  bool is_relayed(Identity peer) const;
  const State& state() const { return memory_.state; }
  RelayDuties& relays() { return relays_; }
  const RelayDuties& relays() const { return relays_; }
  /// Its own entry and that of the peer, in what the server has told it last; null: none.
  const Peer* entry_of(const wg::PublicKey& key) const;

  /// What refuses a packet to a port that nobody listens on: the machine of that peer.
  std::function<void(Identity peer)> on_poke_arrived = [](Identity) {};
  std::function<void(const Deed&)> on_deed = [](const Deed&) {};
  std::function<void(const std::string&)> on_log = [](const std::string&) {};
  std::function<const RelayHost*(const Host*, std::uint16_t port)> relay_at = [](const Host*, std::uint16_t) { return nullptr; };

 private:
  struct Call {
    std::uint64_t number = 0;
    server::Request request;
    Answered done;
    bool is_acknowledged = false;
    bool is_of_relays = false;  // in a thread of their own, with a connection of its own
    int sent = 0;
  };

  // Requests through the tunnel.
  void call(std::string method, std::string target, std::string body, const std::string& etag, std::chrono::seconds wait, Answered done);
  void send_call(const std::shared_ptr<Call>& call);
  void finish_call(std::uint64_t number, std::optional<server::Response> response);

  // Rounds.
  void round();
  void ask();
  void apply(const server::Response& response);
  std::vector<Endpoint> candidates_now() const;
  void report_candidates(client::Origin origin, const std::optional<Peer>& own);
  void end_round();
  void wait_for_news();
  void fail_round();
  void next_round(BootTime when);
  /// The next one now, if none is under way.
  void wake();
  BootTime wanted() const;

  // The traversal beside them, the direct tries, and the check of the sessions.
  void collect();
  void begin_traversal(client::RoundResult found);
  void nat_step();
  void end_traversal();
  void begin_tries(client::RoundResult found);
  void tries_step();
  void begin_check(client::SessionCheck::Purpose purpose);
  void learn_who_answers();
  void check_step();
  void poke(const wg::PublicKey& key);
  void update(const wg::DeviceUpdate& update);
  std::optional<SocketAddress> resolved(const Endpoint& endpoint) const;

  WallTime wall() const { return events_.clock().wall() + device_.wall_offset; }
  template <class Action>
  auto while_running(Action action) {
    return [this, run = run_, action = std::move(action)] {
      if (run == run_ && is_running_) action();
    };
  }

  Events& events_;
  Internet& internet_;
  const Identities& identities_;
  Server& server_;
  Host& host_;
  Identity self_;
  IpAddress ip_;
  std::mt19937_64 random_;
  WireGuard device_;
  bool is_running_ = false;
  std::uint64_t run_ = 0;

  client::FetchMemory memory_;
  std::vector<Relay> known_relays_;  // as the last round had them
  client::ServerClock server_clock_;
  client::NetworkChanges changes_;
  bool changed_outside_ = false;
  client::ProbeBudget probes_;
  client::RoundSchedule schedule_{std::chrono::seconds(60)};
  std::map<std::uint64_t, std::shared_ptr<Call>> calls_;
  std::uint64_t next_call_ = 1;
  std::optional<std::uint64_t> held_;  // the call that waits for news
  BootTime began_{};
  std::uint64_t round_ = 0;  // that is planned
  bool in_round_ = false, wants_round_ = false;
  std::optional<server::Response> news_;

  struct Traversal {
    client::RoundResult result;
    client::Handshakes handshakes;
    client::NatTraversal nat;
    bool is_interrupted = false, has_ended = false;
    BootTime planned = BootTime::max();
  };
  std::unique_ptr<Traversal> traversal_;
  std::unique_ptr<client::DirectTurn> tries_;
  std::optional<client::SessionCheck> check_;
  std::uint64_t check_number_ = 0;
  std::vector<client::SilentPeer> silent_;
  client::AnsweringPeers answering_;
  RelayDuties relays_;
};

}  // namespace innernet::simulation
