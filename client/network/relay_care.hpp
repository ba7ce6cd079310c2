#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "innernet/client/nudge.hpp"
#include "innernet/client/stop.hpp"
#include "nat_traversal.hpp"
#include "nearer_relay.hpp"
#include "poke.hpp"
#include "relay_watch.hpp"

namespace innernet::client {

/// Of the server's alone states say whether it has forgotten us, and there is nothing to choose.
bool needs_care(std::span<const UsedRelay> relays);

/// What the daemon does about the relays that it uses, in a thread of its own beside the rounds of a network: it measures how far they are,
/// and takes the peers behind one that has ended to another one, and those for whom another one is nearer to that, and registers anew
/// with one that was started anew.
class RelayCare {
 public:
  /// How long each takes to answer; none: it does not.
  using Ask = std::function<std::vector<std::optional<std::chrono::milliseconds>>(std::span<const UsedRelay>, const Stop&)>;
  /// The device, for the thread's use alone.
  using OpenBackend = std::function<Result<std::unique_ptr<wg::Backend>>()>;

  struct Parts {
    Ask ask;
    OpenBackend open_backend;
    TryLock try_lock;
    TryLock try_traversal;          ///< keeps others from looking for ways; null: somebody does
    std::function<void()> on_news;  ///< of the distances
    Poke poke = [](const IpAddress&) {};
  };
  struct Times {
    std::chrono::milliseconds look{1'000};        ///< at the device, while peers are relayed
    std::chrono::milliseconds look_at_move{100};  ///< while a pair goes to a nearer one
    std::chrono::milliseconds glance{5'000};      ///< the same while they may be, by the next look
    std::chrono::milliseconds measure{std::chrono::minutes(10)};
    std::chrono::milliseconds measure_again{std::chrono::seconds(30)};  ///< after one in which not all have answered
    std::chrono::milliseconds measure_for_move{30'000};  ///< since the last measurement, when somebody would be better off elsewhere
    RelayWatch::Times watch{};
    NearerRelay::Times nearer{};
  };

  RelayCare(InterfaceName name, Parts parts) : RelayCare(std::move(name), std::move(parts), Times{}) {}
  RelayCare(InterfaceName name, Parts parts, const Times& times) : name_(std::move(name)), parts_(std::move(parts)), times_(times) {}
  RelayCare(const RelayCare&) = delete;
  RelayCare& operator=(const RelayCare&) = delete;
  ~RelayCare();

  /// What a round has seen. `relayed` are those who may be, sooner or later.
  void see(std::vector<UsedRelay> relays, std::vector<TraversalPeer> relayed);
  /// Measured last; none: not yet.
  std::optional<std::vector<RelayDistance>> distances() const;
  /// Whether one that has not answered for a while does so again, since it was last asked for: a way to those who were tried in vain.
  bool take_one_back();

 private:
  struct Known {
    std::vector<UsedRelay> relays;
    std::vector<TraversalPeer> relayed;
  };

  void end();
  void run();
  Known known() const;
  void measure(const Known& known);
  void look(const Known& known, wg::Backend& backend);
  void register_anew(wg::Backend& backend);
  void leave_silent(const Known& known, wg::Backend& backend);
  void go_nearer(const Known& known, wg::Backend& backend);

  const InterfaceName name_;
  const Parts parts_;
  const Times times_;
  SystemClock clock_;
  mutable std::mutex mutex_;
  Known known_;
  std::optional<std::vector<RelayDistance>> distances_;
  bool is_one_back_ = false;
  std::optional<Nudge> changed_;
  std::optional<Stop> stop_;
  std::thread thread_;

  // The thread's.
  RelayWatch watch_;
  NearerRelay nearer_;
  std::vector<UsedRelay> measured_;
  std::vector<SocketAddress> answering_;  // when they were asked last
  BootTime last_measurement_{};
  BootTime next_measurement_{};
};

}  // namespace innernet::client
