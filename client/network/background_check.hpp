#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "round.hpp"
#include "session_check.hpp"

namespace innernet::client {

/// Checks of the sessions (SessionCheck) beside the rounds of a network, the first of which may wait for the server for as long.
class BackgroundCheck {
 public:
  /// Runs in a thread of its own.
  using Work = std::function<SessionCheck::Found(SessionCheck::Purpose purpose, const Handshakes& handshakes, const AnsweringPeers& known,
                                                 const Stop& stop)>;

  /// `wants_round` is called from that thread when somebody is silent.
  BackgroundCheck(Work work, std::function<void()> wants_round) : work_(std::move(work)), wants_round_(std::move(wants_round)) {}
  BackgroundCheck(const BackgroundCheck&) = delete;
  BackgroundCheck& operator=(const BackgroundCheck&) = delete;
  /// Stops it and waits for its end.
  ~BackgroundCheck() { end(); }

  /// The network has changed. A check that is under way is of another one by now, and ends.
  void begin(Handshakes handshakes);
  /// Finds out who answers, of those who have come since; not while another check is under way.
  void learn(const Handshakes& handshakes, BootTime now);
  /// What one that has ended has found is left in the memory.
  void collect(FetchMemory& memory);
  /// Or has not been collected.
  bool is_under_way() const { return thread_.joinable(); }

 private:
  void end();
  void start(SessionCheck::Purpose purpose, Handshakes handshakes);

  Work work_;
  std::function<void()> wants_round_;
  std::mutex mutex_;
  std::optional<SessionCheck::Found> found_;  // none while it is under way
  AnsweringPeers known_;                      // what those before have found
  std::optional<Stop> stop_;
  std::thread thread_;
};

}  // namespace innernet::client
