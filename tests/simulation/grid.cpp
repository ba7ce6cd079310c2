#include "grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace innernet::simulation {
namespace {

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string cell(const World::Times& times) {
  if (!times.first_packet) return "-";
  std::string text = fmt::format("{} {:.1f}", times.first == World::Way::kDirect ? "direct" : "relayed", seconds(*times.first_packet));
  if (times.first == World::Way::kRelayed && times.direct) text += fmt::format(", direct {:.0f}", seconds(*times.direct));
  return text;
}

}  // namespace

World::Times times_of(Kind one, Kind other) {
  World world(make_pair(one, other));
  world.run();
  return world.times(0, 1);
}

namespace {

std::string table(const std::function<std::string(Kind, Kind)>& cell_of) {
  std::string text = fmt::format("{:20}", "");
  for (const Kind kind : kKinds) text += fmt::format("{:25}", to_string(kind));
  std::map<std::pair<Kind, Kind>, std::string> cells;
  for (const Kind one : kKinds) {
    text += fmt::format("\n{:20}", to_string(one));
    for (const Kind other : kKinds) {
      const auto [at, is_new] = cells.try_emplace({std::min(one, other), std::max(one, other)});
      if (is_new) at->second = cell_of(one, other);
      text += fmt::format("{:25}", at->second);
    }
  }
  return text + '\n';
}

}  // namespace

std::string grid() {
  return table([](Kind one, Kind other) { return cell(times_of(one, other)); });
}

std::string grid_of_kept_apart() {
  return table([](Kind one, Kind other) {
    World world(make_kept_apart(one, other));
    world.run();
    const auto& times = world.times(0, 1);
    return times.direct ? fmt::format("direct after {:.0f}", seconds(*times.direct)) : std::string("relayed");
  });
}

}  // namespace innernet::simulation
