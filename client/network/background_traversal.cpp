#include "background_traversal.hpp"

#include <system_error>
#include <utility>

#include "innernet/machine/log.hpp"

namespace innernet::client {

BackgroundTraversal::~BackgroundTraversal() {
  if (stop_) stop_->request();
  if (thread_.joinable()) thread_.join();
}

void BackgroundTraversal::collect(FetchMemory& memory) {
  if (!thread_.joinable() || !has_ended_) return;
  thread_.join();
  turns_.end(memory, std::exchange(is_interrupted_, false));
}

void BackgroundTraversal::begin(RoundResult result, FetchMemory& memory, BootTime now) {
  if (thread_.joinable()) {
    if (!has_ended_) {
      if (!turns_.interrupts(result, memory, now)) return;
      // When it has ended just now, they get one turn more than they should.
      stop_->request();
      is_interrupted_ = true;
      return;
    }
    collect(memory);
  }
  auto stop = Stop::create();
  if (!stop || !turns_.take(result, memory, now)) return;
  stop_.emplace(*std::move(stop));
  has_ended_ = false;
  try {
    thread_ = std::thread([this, result = std::move(result), handshakes = memory.handshakes]() mutable {
      work_(std::move(result), std::move(handshakes), *stop_);
      has_ended_ = true;
      wants_round_();
    });
  } catch (const std::system_error& error) {
    log::warning("no ways to peers are looked for: {}", error.what());
    has_ended_ = true;
    turns_.end(memory, true);
  }
}

}  // namespace innernet::client
