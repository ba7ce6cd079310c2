#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "innernet/wireguard/key.hpp"

namespace innernet::relay {

/// A peer that may register with the relay and be relayed.
struct Member {
  wg::PublicKey key;
  std::uint32_t group = 0;  ///< of the caller's choice, for instance the id of its CIDR

  friend bool operator==(const Member&, const Member&) = default;
};

/// Two groups whose members may reach each other, in either order; {g, g} lets those of g reach each other.
using GroupPair = std::pair<std::uint32_t, std::uint32_t>;

/// Who may be relayed to whom: a value that is made once, by any thread, and replaced as a whole. Making it costs two hashes for each
/// member (about 1 µs).
class Membership {
 public:
  Membership() = default;
  /// Of a key that is named twice the first counts.
  Membership(std::vector<Member> members, std::vector<GroupPair> pairs);

  /// The same, a group being its place in `groups`.
  static Membership of_groups(const std::vector<std::vector<wg::PublicKey>>& groups, std::vector<GroupPair> pairs);

  std::size_t size() const { return entries_.size(); }

  // What follows is for the relay itself. A member's number is its place here, and means nothing in another Membership.

  using Number = std::uint32_t;
  struct Range {
    Number begin = 0;
    Number end = 0;
  };

  std::optional<Number> find(const wg::PublicKey& key) const;
  const wg::PublicKey& key(Number member) const { return entries_[member].key; }
  bool may(Number one, Number other) const;
  /// Those whom `member` may reach (and itself, if its group may reach itself), as runs of numbers.
  std::vector<Range> reachable(Number member) const;
  /// Whether the 16 bytes `mac1` over `covered` were made for this member (white paper, 5.4.4). In constant time for one member.
  bool mac1_is_for(Number member, std::span<const std::uint8_t> covered, std::span<const std::uint8_t, 16> mac1) const;

 private:
  struct Entry {
    wg::PublicKey key;
    std::uint32_t group = 0;                    // its place in groups_
    std::array<std::uint32_t, 8> mac1_state{};  // BLAKE2s keyed for mac1: a third less work for each try
  };
  struct Group {
    Range members;
    std::vector<std::uint32_t> reaches;  // places in groups_, sorted
  };

  std::vector<Entry> entries_;  // sorted by group, then by key
  std::vector<Number> by_key_;
  std::vector<Group> groups_;
};

}  // namespace innernet::relay
