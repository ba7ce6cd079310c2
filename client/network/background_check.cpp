#include "background_check.hpp"

#include <system_error>
#include <utility>

#include "innernet/machine/log.hpp"

namespace innernet::client {

void BackgroundCheck::end() {
  if (!thread_.joinable()) return;
  stop_->request();
  thread_.join();
}

void BackgroundCheck::begin(Handshakes handshakes) {
  end();
  silent_.clear();
  auto stop = Stop::create();
  if (!stop) return;
  stop_.emplace(*std::move(stop));
  try {
    thread_ = std::thread([this, handshakes = std::move(handshakes)] {
      auto silent = work_(handshakes, *stop_);
      if (silent.empty() || stop_->requested()) return;
      {
        const std::lock_guard lock(mutex_);
        silent_ = std::move(silent);
      }
      wants_round_();
    });
  } catch (const std::system_error& error) {
    log::warning("the sessions are not checked: {}", error.what());
  }
}

void BackgroundCheck::collect(FetchMemory& memory) {
  const std::lock_guard lock(mutex_);
  for (const SilentPeer& peer : std::exchange(silent_, {})) memory.handshakes.doubt(peer.key, peer.received_bytes);
}

}  // namespace innernet::client
