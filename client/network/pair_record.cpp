#include "innernet/client/pair_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "innernet/client/handshakes.hpp"

namespace innernet::client {
namespace {

// Of the file. Another version's is as good as none.
constexpr std::string_view kHead = "innernet pairs 1";
constexpr std::array<std::string_view, 3> kWays{"none", "direct", "relayed"};
constexpr std::string_view kRegistered = "registered", kStranger = "stranger", kPeer = "peer", kRelay = "relay";
// WireGuard's REJECT_AFTER_TIME: so long after its last handshake a session is over.
constexpr std::chrono::seconds kSession{180};

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

std::int64_t seconds_of(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count(); }

std::optional<WallTime> parse_time(std::string_view text) {
  // What fits in nanoseconds.
  constexpr std::int64_t kMost = 9'000'000'000;
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > kMost) return std::nullopt;
  return WallTime(std::chrono::seconds(seconds));
}

std::optional<bool> one_of(std::string_view word, std::string_view yes, std::string_view no) {
  if (word != yes && word != no) return std::nullopt;
  return word == yes;
}

std::optional<std::pair<wg::PublicKey, PairRecord>> parse_pair(std::string_view line) {
  const auto key = wg::PublicKey::parse(take_until(line, ' '));
  const auto way = std::ranges::find(kWays, take_until(line, ' '));
  const auto since = parse_time(take_until(line, ' '));
  const auto is_registered = one_of(line, kRegistered, kStranger);
  if (!key || way == kWays.end() || !since || !is_registered) return std::nullopt;
  return std::pair(*key,
                   PairRecord{.way = static_cast<Way>(way - kWays.begin()), .since = *since, .is_registered = *is_registered, .tries = {}});
}

std::optional<WayTried> parse_try(std::string_view line) {
  const auto to = SocketAddress::parse(take_until(line, ' '));
  const auto is_relay = one_of(take_until(line, ' '), kRelay, kPeer);
  const auto at = parse_time(line);
  if (!to || !is_relay || !at) return std::nullopt;
  return WayTried{.to = *to, .is_relay = *is_relay, .at = *at};
}

WallTime last_news_of(const PairRecord& pair) {
  WallTime last = pair.since;
  for (const WayTried& way : pair.tries) last = std::max(last, way.at);
  return last;
}

}  // namespace

Way way_of(const wg::Peer& peer, std::span<const SocketAddress> relays, WallTime now) {
  if (!is_recent(peer.last_handshake, now)) return Way::kNone;
  return peer.endpoint && std::ranges::find(relays, *peer.endpoint) != relays.end() ? Way::kRelayed : Way::kDirect;
}

PairRecords PairRecords::parse(std::string_view text) {
  PairRecords records;
  if (take_until(text, '\n') != kHead) return records;
  PairRecord* pair = nullptr;  // that the tries which follow are of
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    const std::string_view what = take_until(line, ' ');
    if (what == "pair") {
      auto read = parse_pair(line);
      pair = nullptr;
      if (!read || records.pairs_.size() == kMostPairs) continue;
      pair = &records.pairs_.insert_or_assign(read->first, std::move(read->second)).first->second;
    } else if (what == "tried" && pair != nullptr && pair->tries.size() < kMostTries) {
      if (const auto way = parse_try(line)) pair->tries.push_back(*way);
    }
  }
  return records;
}

std::string PairRecords::to_text() const {
  // In one order, so that the same records are the same text.
  std::vector<const std::pair<const wg::PublicKey, PairRecord>*> sorted;
  for (const auto& pair : pairs_) sorted.push_back(&pair);
  std::ranges::sort(sorted, {}, [](const auto* pair) { return pair->first; });
  std::string text = fmt::format("{}\n", kHead);
  const auto out = std::back_inserter(text);
  for (const auto* entry : sorted) {
    const PairRecord& pair = entry->second;
    fmt::format_to(out, "pair {} {} {} {}\n", entry->first.to_base64(), kWays[static_cast<std::size_t>(pair.way)], seconds_of(pair.since),
                   pair.is_registered ? kRegistered : kStranger);
    for (const WayTried& way : pair.tries)
      fmt::format_to(out, "tried {} {} {}\n", way.to.to_string(), way.is_relay ? kRelay : kPeer, seconds_of(way.at));
  }
  return text;
}

void PairRecords::see(const wg::Device& device, std::span<const SocketAddress> relays, WallTime now) {
  constexpr auto kForgotten = std::chrono::weeks(1);
  std::erase_if(pairs_, [&](const auto& entry) { return entry.second.way == Way::kNone && now - last_news_of(entry.second) > kForgotten; });
  for (const wg::Peer& peer : device.peers) {
    if (peer.allowed_ips.empty()) continue;  // a relay itself
    const Way way = way_of(peer, relays, now);
    const auto known = pairs_.find(peer.public_key);
    // Of more pairs than there is room for, the first ones stay: else each look would put others in their place.
    if (known == pairs_.end() && (way == Way::kNone || pairs_.size() >= kMostPairs)) continue;
    const Way before = known == pairs_.end() ? Way::kNone : known->second.way;
    PairRecord& pair = known == pairs_.end() ? record_of(peer.public_key, now) : known->second;
    if (way == Way::kDirect) pair.tries.clear();
    if (way == Way::kRelayed) std::erase_if(pair.tries, &WayTried::is_relay);
    if (way == before && pair.since <= now) continue;
    pair.way = way;
    pair.since = now;
    // A look comes later than what it finds, a minute perhaps; but one session may go on on another way.
    if (before == Way::kNone && peer.last_handshake) pair.since = std::min(now, *peer.last_handshake);
    if (way == Way::kNone && peer.last_handshake) pair.since = std::min(now, *peer.last_handshake + kSession);
  }
}

void PairRecords::note(const wg::PublicKey& peer, bool is_registered, const WayTried& way) {
  PairRecord& pair = record_of(peer, way.at);
  pair.is_registered = is_registered;
  std::erase_if(pair.tries, [&](const WayTried& other) { return other.to == way.to; });
  if (pair.tries.size() == kMostTries) pair.tries.erase(pair.tries.begin());
  pair.tries.push_back(way);
}

const PairRecord* PairRecords::find(const wg::PublicKey& peer) const {
  const auto found = pairs_.find(peer);
  return found == pairs_.end() ? nullptr : &found->second;
}

PairRecord& PairRecords::record_of(const wg::PublicKey& peer, WallTime now) {
  if (pairs_.size() >= kMostPairs && !pairs_.contains(peer))
    pairs_.erase(std::ranges::min_element(pairs_, {}, [](const auto& entry) { return last_news_of(entry.second); }));
  return pairs_.try_emplace(peer, PairRecord{.since = now, .tries = {}}).first->second;
}

}  // namespace innernet::client
