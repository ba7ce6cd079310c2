#include "innernet/relay/membership.hpp"

#include <sodium.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "mac.hpp"

namespace innernet::relay {

Membership::Membership(std::vector<Member> members, std::vector<GroupPair> pairs) {
  std::ranges::stable_sort(members, {}, &Member::key);
  const auto twice = std::ranges::unique(members, {}, &Member::key);
  members.erase(twice.begin(), twice.end());
  std::ranges::sort(members, {}, [](const Member& member) { return std::tuple(member.group, member.key); });

  std::vector<std::uint32_t> names;  // the caller's of the groups, in the order of groups_
  entries_.reserve(members.size());
  for (const Member& member : members) {
    const auto number = static_cast<Number>(entries_.size());
    if (names.empty() || names.back() != member.group) {
      names.push_back(member.group);
      groups_.push_back({.members = {.begin = number, .end = number}, .reaches = {}});
    }
    ++groups_.back().members.end;
    entries_.push_back({.key = member.key,
                        .group = static_cast<std::uint32_t>(groups_.size() - 1),
                        .mac1_state = Blake2s::keyed_state(kMacSize, mac1_key(member.key))});
  }
  by_key_.resize(entries_.size());
  std::iota(by_key_.begin(), by_key_.end(), Number{0});
  std::ranges::sort(by_key_, {}, [this](Number number) { return entries_[number].key; });

  const auto place = [&names](std::uint32_t name) -> std::optional<std::uint32_t> {
    const auto at = std::ranges::lower_bound(names, name);
    if (at == names.end() || *at != name) return std::nullopt;
    return static_cast<std::uint32_t>(at - names.begin());
  };
  for (const auto& [one, other] : pairs) {
    const auto a = place(one), b = place(other);
    if (!a || !b) continue;  // nobody is in it
    groups_[*a].reaches.push_back(*b);
    groups_[*b].reaches.push_back(*a);
  }
  for (Group& group : groups_) {
    std::ranges::sort(group.reaches);
    const auto doubled = std::ranges::unique(group.reaches);
    group.reaches.erase(doubled.begin(), doubled.end());
    group.reaches.shrink_to_fit();
  }
}

Membership Membership::of_groups(const std::vector<std::vector<wg::PublicKey>>& groups, std::vector<GroupPair> pairs) {
  std::vector<Member> members;
  for (std::size_t place = 0; place < groups.size(); ++place)
    for (const wg::PublicKey& key : groups[place]) members.push_back({.key = key, .group = static_cast<std::uint32_t>(place)});
  return {std::move(members), std::move(pairs)};
}

std::optional<Membership::Number> Membership::find(const wg::PublicKey& key) const {
  const auto at =
      std::ranges::lower_bound(by_key_, key, {}, [this](Number number) -> const wg::PublicKey& { return entries_[number].key; });
  if (at == by_key_.end() || entries_[*at].key != key) return std::nullopt;
  return *at;
}

bool Membership::may(Number one, Number other) const {
  return std::ranges::binary_search(groups_[entries_[one].group].reaches, entries_[other].group);
}

std::vector<Membership::Range> Membership::reachable(Number member) const {
  std::vector<Range> out;
  for (const std::uint32_t group : groups_[entries_[member].group].reaches) {
    const Range& members = groups_[group].members;
    if (!out.empty() && out.back().end == members.begin)
      out.back().end = members.end;
    else
      out.push_back(members);
  }
  return out;
}

bool Membership::mac1_is_for(Number member, std::span<const std::uint8_t> covered, std::span<const std::uint8_t, 16> mac1) const {
  std::array<std::uint8_t, kMacSize> expected;
  Blake2s::resume(entries_[member].mac1_state).update(covered).finish(expected);
  return sodium_memcmp(expected.data(), mac1.data(), kMacSize) == 0;
}

}  // namespace innernet::relay
