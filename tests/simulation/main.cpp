// ./dev simulate
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "grid.hpp"

namespace {

using namespace innernet::simulation;

constexpr std::string_view kUsage =
    "Usage: ./dev simulate [OPTION...]\n\n"
    "  --seeds N       so many runs (20)\n"
    "  --from SEED     from this one on (1)\n"
    "  --peers N       in each of them (60)\n"
    "  --minutes N     that each of them lasts, two thirds of them with disturbances (60)\n"
    "  --loss PERCENT  of packets (1)\n"
    "  --only-moves    of the disturbances: peers get other addresses\n"
    "  --relays N      so many peers are relays, too (0)\n"
    "  --no-server-relay  the server is none\n"
    "  --no-grid       without the table of kinds\n\n"
    "The table: for each two kinds of routers the first way of a pair, and the seconds from the second one's start to the first packet\n"
    "that passes in the tunnel, and to a direct way that comes later. Then a line for each seed: pairs that may talk, what they have at "
    "the\n"
    "end; the longest that a pair was without a connection (that talks, that does not, of which one has moved), or relayed though it need\n"
    "not be (where a try of one side is enough, where both have to try); the most probes that one machine sent in a\n"
    "minute, and to one peer; the most changes of one pair's way in an hour. The first seed that breaks a promise is told with the "
    "shortest\n"
    "story that leads there.\n";

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

void tell_why(const Plan& plan) {
  const Plan smallest = shrink(plan, {});
  World world(smallest, {}, true);
  world.run();
  fmt::print("the shortest story that leads there:\n");
  const std::vector<std::string> story = world.story_of_violation();
  for (const std::string& line : story) fmt::print("  {}\n", line);
}

}  // namespace

int main(int argc, char** argv) {
  unsigned seeds = 20, from = 1, peers = 60, minutes = 60, loss = 1, relays = 0;
  bool wants_grid = true, only_moves = false, has_server_relay = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help" || word == "-h") {
      fmt::print("{}", kUsage);
      return 0;
    }
    const auto number = [&](unsigned& value) {
      const std::string_view text = i + 1 < argc ? argv[++i] : "";
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      return error == std::errc() && end == text.data() + text.size();
    };
    const bool is_known = word == "--seeds"             ? number(seeds)
                          : word == "--from"            ? number(from)
                          : word == "--peers"           ? number(peers)
                          : word == "--minutes"         ? number(minutes)
                          : word == "--loss"            ? number(loss)
                          : word == "--only-moves"      ? (only_moves = true)
                          : word == "--relays"          ? number(relays)
                          : word == "--no-server-relay" ? !(has_server_relay = false)
                          : word == "--no-grid"         ? !(wants_grid = false)
                                                        : false;
    if (!is_known || peers < 2 || peers > 1000 || minutes < 3 || relays > peers) {
      fmt::print(stderr, "{}", kUsage);
      return 2;
    }
  }
  if (wants_grid) fmt::print("{}\n{}\n", grid(), grid_of_kept_apart());
  fmt::print("{:>6} {:>6} {:>7} {:>8} {:>6}   {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}   {:>7} {:>7} {:>7} {:>7} {:>9}\n", "seed", "pairs",
             "direct", "relayed", "apart", "talking", "silent", "moved", "indirect", "both", "lost", "farther", "probes", "of peer",
             "changes", "relays", "events");
  int failed = 0;
  for (unsigned seed = from; seed < from + seeds; ++seed) {
    const Plan plan = make_plan(seed, {.peers = peers,
                                       .lasts = std::chrono::minutes(minutes),
                                       .only_moves = only_moves,
                                       .loss = loss / 100.0,
                                       .relays = relays,
                                       .has_server_relay = has_server_relay});
    World world(plan);
    world.run();
    const auto summary = world.summary();
    fmt::print(
        "{:6} {:6} {:7} {:8} {:6}   {:7.1f} s {:7.1f} s {:7.1f} s {:7.1f} s {:7.1f} s {:7.1f} s {:7.1f} s   {:7} {:7} {:7} {:7} {:9}\n",
        seed, summary.pairs, summary.direct, summary.relayed, summary.apart, seconds(summary.longest_talking),
        seconds(summary.longest_silent), seconds(summary.longest_moved), seconds(summary.longest_indirect), seconds(summary.longest_both),
        seconds(summary.longest_relay_lost), seconds(summary.longest_farther), summary.most_probes, summary.most_probes_of_peer,
        summary.most_changes, summary.most_relay_changes, summary.events);
    std::fflush(stdout);
    if (!world.violation()) continue;
    ++failed;
    fmt::print("seed {}: {}\n", seed, world.violation()->to_string());
    if (failed == 1) tell_why(plan);
  }
  fmt::print("{} of {} seeds violate nothing\n", seeds - static_cast<unsigned>(failed), seeds);
  return failed == 0 ? 0 : 1;
}
