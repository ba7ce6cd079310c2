#include "change_log.hpp"

#include <algorithm>
#include <limits>

namespace innernet::server {
namespace {

constexpr CidrId kLowest{std::numeric_limits<std::int64_t>::min()};

}  // namespace

void ChangeLog::note(CidrId cidr, PeerId peer, std::uint64_t number) {
  OfCidr& log = logs_[cidr];
  if (!log.entries.empty()) by_last_.erase({log.entries.back().number, cidr});
  by_last_.emplace_hint(by_last_.end(), number, cidr);
  if (!log.entries.empty() && log.entries.back().peer == peer) {
    log.entries.back().number = number;
    return;
  }
  log.entries.push_back({number, peer});
  if (log.entries.size() >= log.merge_at) merge(log);
}

void ChangeLog::merge(OfCidr& log) {
  auto& entries = log.entries;
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) { return a.peer != b.peer ? a.peer < b.peer : a.number > b.number; });
  const auto repeated = std::ranges::unique(entries, {}, &Entry::peer);
  entries.erase(repeated.begin(), repeated.end());
  std::ranges::sort(entries, {}, &Entry::number);
  if (entries.size() > kMostPeers) {
    const auto kept = entries.end() - static_cast<std::ptrdiff_t>(kMostPeers / 2);
    log.floor = std::prev(kept)->number;
    entries.erase(entries.begin(), kept);
  }
  log.merge_at = std::max<std::size_t>(2 * entries.size(), 64);
}

void ChangeLog::clear() {
  logs_.clear();
  by_last_.clear();
}

std::optional<std::vector<PeerId>> ChangeLog::since(std::uint64_t from, const std::function<bool(CidrId)>& is_seen) const {
  std::vector<PeerId> peers;
  for (auto last = by_last_.lower_bound({from + 1, kLowest}); last != by_last_.end(); ++last) {
    if (!is_seen(last->second)) continue;
    const OfCidr& log = logs_.at(last->second);
    if (from < log.floor) return std::nullopt;
    for (auto entry = std::ranges::upper_bound(log.entries, from, {}, &Entry::number); entry != log.entries.end(); ++entry)
      peers.push_back(entry->peer);
  }
  std::ranges::sort(peers);
  const auto repeated = std::ranges::unique(peers);
  peers.erase(repeated.begin(), repeated.end());
  return peers;
}

std::uint64_t ChangeLog::last(const std::function<bool(CidrId)>& is_seen) const {
  for (auto last = by_last_.rbegin(); last != by_last_.rend(); ++last)
    if (is_seen(last->second)) return last->first;
  return 0;
}

std::size_t ChangeLog::size() const {
  std::size_t all = 0;
  for (const auto& [cidr, log] : logs_) all += log.entries.size();
  return all;
}

}  // namespace innernet::server
