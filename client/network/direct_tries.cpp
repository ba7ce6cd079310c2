#include "direct_tries.hpp"

#include <algorithm>
#include <array>

#include "common_moments.hpp"

namespace innernet::client {
namespace {

struct Turn {
  std::chrono::minutes after;  // a peer was first seen relayed
  std::chrono::seconds period, shift;
};
// Two that begin up to a minute and a half apart find one moment for the second or the third of them at least: where the nearest one to the
// second is another for each of the two, that to the third is not. (Those two borders are as far from each other as they can be: half a
// period, (15 - 5) minutes - 150 s being two and a half.)
constexpr std::array kTurns{Turn{std::chrono::minutes(1), std::chrono::seconds(60), std::chrono::seconds(0)},
                            Turn{std::chrono::minutes(5), std::chrono::seconds(180), std::chrono::seconds(0)},
                            Turn{std::chrono::minutes(15), std::chrono::seconds(180), std::chrono::seconds(150)}};

}  // namespace

BootTime DirectTries::due(const Seen& seen, BootTime now, const OwnSide& own) {
  using std::chrono::minutes, std::chrono::seconds;
  constexpr minutes kBetween{1};
  constexpr seconds kAtOnce{10};  // both hear of a change at about the same time; that it may be two moments then does not matter
  constexpr minutes kHour{60}, kNotTheSame{30};
  const bool has_common = own.key && own.clock.is_known();
  const auto common = [&] { return CommonMoments(*own.key, seen.peer.public_key); };
  BootTime due = BootTime::max();
  if (seen.changed) {
    due = seen.tried ? std::max(*seen.changed, *seen.tried + kBetween) : *seen.changed;
    if (has_common) due = own.clock.when(common().next(own.clock.at(due), kAtOnce));
  }
  if (seen.tries < kTurns.size()) {
    const auto& [after, period, shift] = kTurns[seen.tries];
    const BootTime then = seen.since + after;
    return std::min(due, has_common ? own.clock.when(common().nearest(own.clock.at(then), period, shift)) : then);
  }
  const BootTime last = seen.tried.value_or(now);
  return std::min(due, has_common ? own.clock.when(common().next(own.clock.at(last + kNotTheSame), kHour)) : last + kHour);
}

std::vector<TraversalPeer> DirectTries::take(std::vector<TraversalPeer> relayed, BootTime now, const OwnSide& own) {
  const bool have_moved = own_places_ && *own_places_ != own.places;
  own_places_ = own.places;
  next_ = BootTime::max();
  for (auto& [key, seen] : seen_) seen.is_current = false;
  std::size_t turns = 0;
  std::erase_if(relayed, [&](const TraversalPeer& peer) {
    const auto [entry, is_new] = seen_.try_emplace(peer.public_key);
    Seen& seen = entry->second;
    if (is_new) seen = {.peer = peer, .since = std::min(peer.session.value_or(now), now)};
    seen.is_current = true;
    // Also of one that is new: relays that are registered with anew are not there for a moment, nor are those behind them.
    if (have_moved || seen.peer != peer) seen.changed = seen.changed.value_or(now);
    seen.peer = peer;
    const bool has_turn = due(seen, now, own) <= now && turns < kMostAtOnce;
    if (has_turn) {
      ++turns;
      if (seen.changed) {
        seen.since = now;
        seen.tries = 0;
        seen.changed.reset();
      } else {
        ++seen.tries;
      }
      seen.tried = now;
      // A machine that has slept has no turns to make up for.
      while (seen.tries < kTurns.size() && due(seen, now, own) <= now) ++seen.tries;
    }
    next_ = std::min(next_, due(seen, now, own));
    return !has_turn;
  });
  std::erase_if(seen_, [](const auto& entry) { return !entry.second.is_current; });
  return relayed;
}

}  // namespace innernet::client
