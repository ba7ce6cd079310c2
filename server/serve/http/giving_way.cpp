#include "http/giving_way.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace innernet::server {

std::vector<std::size_t> who_gives_way(std::span<const Occupant> occupants, std::size_t count, std::size_t own) {
  const auto worth = [&](std::size_t i) { return std::tuple(occupants[i].doing, ~occupants[i].since); };
  std::vector<std::size_t> order(occupants.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, worth);  // what is worth most in front

  // The how manieth of its source each is.
  std::unordered_map<IpAddress, std::size_t> counted;
  std::vector<std::size_t> rank(occupants.size());
  for (const std::size_t i : order) rank[i] = ++counted[occupants[i].source];

  std::erase_if(order,
                [&](std::size_t i) { return occupants[i].doing == Occupant::Doing::kAnythingElse ? rank[i] <= own + 1 : rank[i] <= own; });
  const auto turn = [&](std::size_t i) { return std::tuple(rank[i], worth(i)); };
  count = std::min(count, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(count), std::ranges::greater(), turn);
  order.resize(count);
  return order;
}

}  // namespace innernet::server
