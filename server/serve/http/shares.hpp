#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "innernet/base/ip.hpp"

namespace innernet::server {

/// What one source address may move in one pass of the loop, in bytes. A pass does what all sockets that are ready allow, and only then
/// looks for others: with each of its connections ready all the time, one source would have 8 MiB moved before anybody else is heard.
///
/// Invariants, between calls:
/// - A source is in `shares_` if it has moved something in this pass, or if a step of it is held.
/// - A step is held only where one of the same source was, or where the source has had its share; they go on in the order in which they
///   came.
/// - If `shares_` is not empty, `after_pass` has been asked for next_pass() and has not called it yet.
class Shares {
 public:
  using Step = std::function<void()>;

  /// `after_pass` calls what it is given when the sockets have been looked at once more.
  Shares(std::size_t bytes, std::function<void(Step)> after_pass) : bytes_(bytes), after_pass_(std::move(after_pass)) {}

  /// Calls `step`, which moves so many bytes, at once or in one of the next passes.
  template <class F>
  void go_on(const IpAddress& source, std::size_t bytes, F step) {
    if (shares_.empty()) ask_for_pass();
    Share& share = shares_[source];
    if (!share.held.empty() || share.moved >= bytes_) {
      share.held.emplace_back(bytes, std::move(step));
      return;
    }
    share.moved += bytes;
    step();
  }

 private:
  struct Share {
    std::size_t moved = 0;
    std::deque<std::pair<std::size_t, Step>> held;
  };

  void ask_for_pass() {
    after_pass_([this] { next_pass(); });
  }

  void next_pass() {
    // A step may come back with the next one of its connection, which waits behind the others.
    std::vector<Step> due;
    for (auto entry = shares_.begin(); entry != shares_.end();) {
      Share& share = entry->second;
      share.moved = 0;
      while (!share.held.empty() && share.moved < bytes_) {
        share.moved += share.held.front().first;
        due.push_back(std::move(share.held.front().second));
        share.held.pop_front();
      }
      entry = share.moved == 0 ? shares_.erase(entry) : std::next(entry);
    }
    if (!shares_.empty()) ask_for_pass();
    for (const Step& step : due) step();
  }

  std::size_t bytes_;
  std::function<void(Step)> after_pass_;
  std::unordered_map<IpAddress, Share> shares_;
};

}  // namespace innernet::server
