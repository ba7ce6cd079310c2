#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "innernet/values/ids.hpp"

namespace innernet::server {

/// Which peers have changed since when: what a delta has to tell. It is kept for each CIDR, so that what happens in one takes nothing from
/// the log of another, and a peer that changes a hundred times is one entry.
///
/// Invariants, between calls:
/// - The entries of a CIDR are in the order of their numbers, at most twice as many as there are peers among them, or few.
/// - It has each peer's last change after its `floor`; what came before may be forgotten.
/// - `by_last_` has each CIDR once, with the number of its last entry.
class ChangeLog {
 public:
  static constexpr std::size_t kMostPeers = 1U << 14;  ///< of one CIDR: a delta of as many would be larger than a whole answer

  /// `number` is not lower than any before.
  void note(CidrId cidr, PeerId peer, std::uint64_t number);
  void clear();
  /// The peers that have changed after `from` in a CIDR that is seen, sorted, each once; none if that is not known so far back.
  std::optional<std::vector<PeerId>> since(std::uint64_t from, const std::function<bool(CidrId)>& is_seen) const;
  /// The number of the last change in a CIDR that is seen; 0 if there is none.
  std::uint64_t last(const std::function<bool(CidrId)>& is_seen) const;
  /// How many entries there are, of all CIDRs.
  std::size_t size() const;

 private:
  struct Entry {
    std::uint64_t number;
    PeerId peer;
  };
  struct OfCidr {
    std::vector<Entry> entries;
    std::size_t merge_at = 64;
    std::uint64_t floor = 0;
  };
  static void merge(OfCidr& log);

  std::unordered_map<CidrId, OfCidr> logs_;
  std::set<std::pair<std::uint64_t, CidrId>> by_last_;
};

}  // namespace innernet::server
