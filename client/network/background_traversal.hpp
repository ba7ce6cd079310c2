#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "fetch_round.hpp"
#include "traversal_turns.hpp"

namespace innernet::client {

/// NAT traversal takes up to a minute, and direct tries take seconds. Beside the rounds of a network, they hold up no news.
class BackgroundTraversal {
 public:
  /// Runs in a thread of its own.
  using Work = std::function<void(RoundResult result, Handshakes handshakes, const Stop& stop)>;

  /// `wants_round` is called from that thread when it ends: others may have their turn now, and those who were found are seen where they
  /// are.
  BackgroundTraversal(Work work, std::function<void()> wants_round, const Turns& turns = kTurnsOfDue)
      : work_(std::move(work)), wants_round_(std::move(wants_round)), turns_(turns) {}
  BackgroundTraversal(const BackgroundTraversal&) = delete;
  BackgroundTraversal& operator=(const BackgroundTraversal&) = delete;
  /// Stops it and waits for its end.
  ~BackgroundTraversal();

  /// Forgets the peers of one that has ended.
  void collect(FetchMemory& memory);
  /// Does nothing while one is under way: who is due stays due.
  void begin(RoundResult result, FetchMemory& memory, BootTime now);
  bool is_under_way() const { return !has_ended_; }

 private:
  Work work_;
  std::function<void()> wants_round_;
  Turns turns_;
  std::optional<Stop> stop_;
  bool is_interrupted_ = false;  // by begin()
  std::atomic<bool> has_ended_ = true;
  std::thread thread_;
};

}  // namespace innernet::client
