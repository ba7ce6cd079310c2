#include "background_check.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "innernet/machine/log.hpp"

namespace innernet::client {

using Purpose = SessionCheck::Purpose;

void BackgroundCheck::end() {
  if (!thread_.joinable()) return;
  stop_->request();
  thread_.join();
  found_.reset();
}

void BackgroundCheck::begin(Handshakes handshakes) {
  end();
  start(Purpose::kNetworkChanged, std::move(handshakes));
}

void BackgroundCheck::learn(const Handshakes& handshakes, BootTime now) {
  if (thread_.joinable()) return;
  const auto peers = handshakes.recent(now);
  if (std::ranges::all_of(peers, [this](const wg::PublicKey& peer) { return known_.were_asked(peer); })) return;
  start(Purpose::kWhoAnswers, handshakes);
}

void BackgroundCheck::start(Purpose purpose, Handshakes handshakes) {
  auto stop = Stop::create();
  if (!stop) return;
  stop_.emplace(*std::move(stop));
  try {
    thread_ = std::thread([this, purpose, handshakes = std::move(handshakes), known = known_] {
      auto found = work_(purpose, handshakes, known, *stop_);
      const bool has_news = !found.silent.empty() && !stop_->requested();
      {
        const std::lock_guard lock(mutex_);
        found_ = std::move(found);
      }
      if (has_news) wants_round_();
    });
  } catch (const std::system_error& error) {
    log::warning("the sessions are not checked: {}", error.what());
  }
}

void BackgroundCheck::collect(FetchMemory& memory) {
  {
    const std::lock_guard lock(mutex_);
    if (!found_) return;
  }
  thread_.join();
  for (const SilentPeer& peer : found_->silent) memory.handshakes.doubt(peer.key, peer.received_bytes);
  known_ = std::move(found_->known);
  found_.reset();
}

}  // namespace innernet::client
