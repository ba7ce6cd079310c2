#include "server_walk.hpp"

#include <algorithm>

namespace innernet::client {
namespace {

void add_once(std::vector<SocketAddress>& order, std::span<const SocketAddress> addresses) {
  for (const SocketAddress& address : addresses)
    if (std::ranges::find(order, address) == order.end()) order.push_back(address);
}

}  // namespace

std::vector<SocketAddress> search_order(const std::optional<SocketAddress>& on_device, std::span<const SocketAddress> known) {
  std::vector<SocketAddress> order;
  if (on_device) order.push_back(*on_device);
  add_once(order, known);
  return order;
}

std::vector<SocketAddress> order_after(const std::optional<SocketAddress>& on_device, std::span<const SocketAddress> known) {
  const auto there = on_device ? std::ranges::find(known, *on_device) : known.end();
  const auto place = static_cast<std::size_t>(there - known.begin());
  std::vector<SocketAddress> order;
  if (there != known.end()) add_once(order, known.subspan(place + 1));
  add_once(order, known.first(place));
  if (!on_device) return order;
  std::erase(order, *on_device);
  order.push_back(*on_device);
  return order;
}

ServerWalk::Step ServerWalk::step(bool has_handshake, BootTime now) {
  using What = Step::What;
  if (is_over()) return {.what = What::kOver};
  if (!is_set_) {
    is_set_ = true;
    return {.what = What::kMove, .to = order_[place_]};
  }
  if (has_handshake) return {.what = What::kFound, .to = order_[place_]};
  if (!end_) end_ = now + kForEach;
  if (now < *end_) return {.what = What::kWait, .to = order_[place_], .end = *end_};
  silent_.push_back(order_[place_]);
  go_on();
  return step(false, now);
}

void ServerWalk::go_on() {
  ++place_;
  is_set_ = false;
  end_.reset();
}

}  // namespace innernet::client
