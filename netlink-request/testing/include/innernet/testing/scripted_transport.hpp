#pragma once

#include <cerrno>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "innernet/netlink/transport.hpp"

namespace innernet::testing {

using Datagram = std::vector<std::uint8_t>;

/// What crossed the seam, for tests to look at afterwards.
struct Exchange {
  std::vector<Datagram> sent;
  std::deque<netlink::Outcome<Datagram>> answers;  ///< what receive() gives, in order; then ETIMEDOUT
  /// Called with each datagram that was sent; may put answers.
  std::function<void(const Datagram&)> on_send;
};

/// A kernel that says what a test wrote down.
class ScriptedTransport final : public netlink::Transport {
 public:
  explicit ScriptedTransport(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  netlink::Outcome<void> send(netlink::Bytes datagram) override {
    exchange_->sent.emplace_back(datagram.begin(), datagram.end());
    if (exchange_->on_send) exchange_->on_send(exchange_->sent.back());
    return {};
  }

  netlink::Outcome<netlink::Bytes> receive() override {
    if (exchange_->answers.empty()) return netlink::failure(ETIMEDOUT, "the script is at its end");
    netlink::Outcome<Datagram> next = std::move(exchange_->answers.front());
    exchange_->answers.pop_front();
    if (!next) return std::unexpected(next.error());
    current_ = *std::move(next);
    return netlink::Bytes(current_);
  }

 private:
  std::shared_ptr<Exchange> exchange_;
  Datagram current_;
};

inline netlink::OpenTransport open_scripted(std::shared_ptr<Exchange> exchange) {
  return [exchange = std::move(exchange)](int) -> netlink::Outcome<std::unique_ptr<netlink::Transport>> {
    return std::make_unique<ScriptedTransport>(exchange);
  };
}

}  // namespace innernet::testing
