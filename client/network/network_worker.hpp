#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "fetch_round.hpp"
#include "innernet/client/nudge.hpp"
#include "innernet/client/options.hpp"
#include "innernet/client/stop.hpp"

namespace innernet::client {

/// How long to wait after `failures` (from 1) rounds in a row that failed: doubling from two seconds to `interval`, and from half of that
/// to all of it by `random` in [0, 1), so that the clients of a server that comes back don't all ask at once.
std::chrono::milliseconds pause_after_failure(int failures, std::chrono::seconds interval, double random);

/// Waits until `deadline` for news of the state that `memory` has, with a server that can hold a request. What comes is left in
/// memory.news. Returns early at news, a nudge, a stop, or when the server fails; false in the last case. After an answer that came too
/// early for one that was held back it pauses, up to `longest_pause`.
bool wait_for_news(FetchMemory& memory, const Clock& clock, const Stop& stop, const Nudge& nudge, BootTime deadline,
                   std::chrono::seconds longest_pause = std::chrono::seconds(60));

/// One network of the daemon, in a thread of its own, until its config is gone or it is stopped.
class NetworkWorker {
 public:
  /// `on_end` is called from the thread as the last thing that it does.
  static Result<std::unique_ptr<NetworkWorker>> start(const ClientOptions& options, const InterfaceName& name,
                                                      std::chrono::seconds interval, std::shared_ptr<Resolver> resolver,
                                                      std::function<void()> on_end);
  NetworkWorker(const NetworkWorker&) = delete;
  NetworkWorker& operator=(const NetworkWorker&) = delete;
  /// Stops it and waits for its end.
  ~NetworkWorker();

  void request_stop() { stop_.request(); }
  /// The next round begins now.
  void nudge() { nudge_.give(); }
  bool has_ended() const { return ended_; }

 private:
  class Traversal;

  NetworkWorker(Stop stop, Nudge nudge, ClientOptions options, InterfaceName name, std::chrono::seconds interval,
                std::shared_ptr<Resolver> resolver);
  void run();
  void rounds(Machine& machine);
  /// Whether the server has answered. Traversal goes on beside it.
  bool one_round(Machine& machine, FetchMemory& memory, Traversal& traversal);
  bool config_is_gone() const;
  void pause(BootTime deadline);

  Stop stop_;
  Nudge nudge_;
  SystemClock clock_;
  ClientOptions options_;
  InterfaceName name_;
  std::chrono::seconds interval_;
  std::shared_ptr<Resolver> resolver_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace innernet::client
