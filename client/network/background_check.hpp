#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "round.hpp"
#include "session_check.hpp"

namespace innernet::client {

/// A check of the sessions (SessionCheck) beside the rounds of a network, the first of which may wait for the server for as long.
class BackgroundCheck {
 public:
  /// Runs in a thread of its own.
  using Work = std::function<std::vector<SilentPeer>(const Handshakes& handshakes, const Stop& stop)>;

  /// `wants_round` is called from that thread when somebody is silent.
  BackgroundCheck(Work work, std::function<void()> wants_round) : work_(std::move(work)), wants_round_(std::move(wants_round)) {}
  BackgroundCheck(const BackgroundCheck&) = delete;
  BackgroundCheck& operator=(const BackgroundCheck&) = delete;
  /// Stops it and waits for its end.
  ~BackgroundCheck() { end(); }

  /// One that is under way is of another network by now, and ends.
  void begin(Handshakes handshakes);
  /// What the last one has found is left in the memory.
  void collect(FetchMemory& memory);

 private:
  void end();

  Work work_;
  std::function<void()> wants_round_;
  std::mutex mutex_;
  std::vector<SilentPeer> silent_;
  std::optional<Stop> stop_;
  std::thread thread_;
};

}  // namespace innernet::client
