#include "background_traversal.hpp"

namespace innernet::client {

BackgroundTraversal::~BackgroundTraversal() {
  if (stop_) stop_->request();
  if (thread_.joinable()) thread_.join();
}

void BackgroundTraversal::collect(FetchMemory& memory) {
  if (!thread_.joinable() || progress_ != Progress::kEnded) return;
  thread_.join();
  turns_.end(memory, std::exchange(is_interrupted_, false));
}

void BackgroundTraversal::begin(RoundResult result, FetchMemory& memory, BootTime now) {
  if (thread_.joinable()) {
    const bool is_news = turns_.interrupts(result, memory, now);
    if (!is_news && progress_ != Progress::kEnded) return;
    // When it has ended just now, there is nobody left to want a round. Before it is told to stop, or it could end in between.
    auto before = Progress::kUnderWay;
    if (progress_.compare_exchange_strong(before, Progress::kSomebodyWaits) || before == Progress::kSomebodyWaits) {
      if (is_news) stop_->request();
      is_interrupted_ |= is_news;
      return;
    }
    collect(memory);
  }
  auto stop = Stop::create();
  if (!stop || !turns_.take(result, memory, now)) return;
  stop_.emplace(*std::move(stop));
  progress_ = turns_.round_follows ? Progress::kSomebodyWaits : Progress::kUnderWay;
  thread_ = std::thread([this, result = std::move(result), handshakes = memory.handshakes]() mutable {
    work_(std::move(result), std::move(handshakes), *stop_);
    if (progress_.exchange(Progress::kEnded) == Progress::kSomebodyWaits) wants_round_();
  });
}

}  // namespace innernet::client
