#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nearer_relay.hpp"
#include "relay_host.hpp"
#include "relay_watch.hpp"
#include "round.hpp"
#include "server.hpp"

namespace innernet::simulation {

/// What a daemon does about relays beside its rounds, in the order in which RelayCare and OwnRelay do it: it measures how far they are,
/// leaves those that are silent, takes pairs to nearer ones, and runs one where it is to be one. What decides is the client's own code.
class RelayDuties {
 public:
  struct Parts {
    Events& events;
    Internet& internet;
    const Identities& identities;
    Host& host;
    Identity self = 0;
    WireGuard& device;
    std::function<void(std::string method, std::string target, std::string body, const std::string& etag, std::chrono::seconds wait,
                       Answered done)>
        call;
    std::function<void(const wg::DeviceUpdate&)> update;
    std::function<bool()> is_traversing;
    std::function<void()> nudge;
    std::function<void(const std::string&)> log;
    /// The relay that runs at a port of a machine; null: none.
    std::function<const RelayHost*(const Host*, std::uint16_t port)> relay_at;
  };

  RelayDuties(Parts parts, std::uint64_t seed);
  RelayDuties(const RelayDuties&) = delete;
  RelayDuties& operator=(const RelayDuties&) = delete;

  void receive(const Packet& packet);
  /// What a round has seen.
  void see(client::FetchMemory& memory, const Peer* own, const std::vector<client::UsedRelay>& used,
           std::vector<client::TraversalPeer> may_be_relayed);
  /// The daemon has ended, however.
  void stop();

  bool uses(const SocketAddress& relay) const { return used_.contains(relay); }
  bool uses_any() const { return !used_.empty(); }
  /// Null: it runs none.
  RelayHost* own() const { return relay_.get(); }

 private:
  // As RelayCare.
  void care(std::vector<client::UsedRelay> relays, std::vector<client::TraversalPeer> relayed);
  void step();
  void plan_step(BootTime when);
  void measure();
  void look();
  void finish_look();
  void register_anew();
  /// How long each takes to answer, after as long as that takes.
  void ask(std::function<void(const std::vector<std::optional<std::chrono::milliseconds>>&)> done);
  void report(client::FetchMemory& memory, const Peer& own);

  // As OwnRelay.
  void want(bool is_relay);
  void end_own();
  void keep_in_touch();

  template <class Action>
  auto while_running(Action action) {
    return [this, run = run_, action = std::move(action)](auto&&... what) {
      if (run == run_) action(std::forward<decltype(what)>(what)...);
    };
  }
  BootTime now() const { return parts_.events.now(); }

  Parts parts_;
  std::mt19937_64 random_;
  std::uint64_t run_ = 0;
  std::set<SocketAddress> used_;
  std::set<wg::PublicKey> known_keys_;

  bool cares_ = false, is_asking_ = false, is_one_back_ = false;
  std::vector<client::UsedRelay> relays_, measured_;
  std::vector<client::TraversalPeer> relayed_;
  std::vector<SocketAddress> answering_;
  std::optional<std::vector<RelayDistance>> distances_;
  client::RelayWatch watch_;
  client::NearerRelay nearer_;
  BootTime last_measurement_{}, next_measurement_{};
  std::uint64_t step_ = 0;  // that is planned

  std::unique_ptr<RelayHost> relay_;
  std::vector<std::unique_ptr<RelayHost>> ended_;  // answers of theirs may be on their way
  std::uint64_t touch_ = 0;                        // of the relay that runs
  bool is_told_ = false;
  std::string etag_;
  std::optional<std::vector<wg::PublicKey>> named_;  // as registered
  std::chrono::milliseconds pause_{1'000};
};

}  // namespace innernet::simulation
