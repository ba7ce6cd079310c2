#include "background_traversal.hpp"

namespace innernet::client {

BackgroundTraversal::~BackgroundTraversal() {
  if (stop_) stop_->request();
  if (thread_.joinable()) thread_.join();
}

void BackgroundTraversal::collect(FetchMemory& memory) {
  if (!thread_.joinable() || progress_ != Progress::kEnded) return;
  thread_.join();
  if (std::exchange(is_interrupted_, false)) memory.traversal.give_back(memory.in_traversal);
  memory.in_traversal.clear();
}

void BackgroundTraversal::begin(RoundResult result, FetchMemory& memory, BootTime now) {
  if (thread_.joinable()) {
    const bool is_news = memory.traversal.has_news(result.due, memory.in_traversal, now);
    if (!is_news && progress_ != Progress::kEnded) return;
    // One that has just come does not wait for the others' lists, which may take minutes.
    if (is_news) {
      stop_->request();
      is_interrupted_ = true;
    }
    // When it has ended just now, there is nobody left to want a round.
    auto before = Progress::kUnderWay;
    if (progress_.compare_exchange_strong(before, Progress::kSomebodyWaits) || before == Progress::kSomebodyWaits) return;
    collect(memory);
  }
  result.relayed = memory.direct_tries.take(std::move(result.relayed), now);
  result.due = memory.traversal.take(std::move(result.due), now);
  if (result.due.empty() && result.relayed.empty()) return;
  auto stop = Stop::create();
  if (!stop) return;
  stop_.emplace(*std::move(stop));
  for (const auto* peers : {&result.due, &result.relayed})
    for (const TraversalPeer& peer : *peers) memory.in_traversal.insert(peer.public_key);
  progress_ = Progress::kUnderWay;
  thread_ = std::thread([this, result = std::move(result), handshakes = memory.handshakes]() mutable {
    work_(std::move(result), std::move(handshakes), *stop_);
    if (progress_.exchange(Progress::kEnded) == Progress::kSomebodyWaits) wants_round_();
  });
}

}  // namespace innernet::client
