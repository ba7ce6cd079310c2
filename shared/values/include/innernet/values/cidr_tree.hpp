#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/values/peer.hpp"

namespace innernet {

/// The tree of CIDRs, as lists and wizards need it. Survives what a database may hold: two roots, a missing parent (such a
/// CIDR is a root), a cycle (cut at its smallest id).
class CidrTree {
 public:
  explicit CidrTree(std::span<const Cidr> cidrs);
  // Pointers into cidrs_ survive a move, not a copy.
  CidrTree(CidrTree&&) = default;
  CidrTree& operator=(CidrTree&&) = default;
  CidrTree(const CidrTree&) = delete;
  CidrTree& operator=(const CidrTree&) = delete;
  ~CidrTree() = default;

  // What these answer lives as long as the tree, so a temporary one is not asked: a range-for over what it has answered finds it gone
  // before the first turn (with compilers that lack P2718).
  /// All of them, in the order of ids.
  const std::vector<Cidr>& cidrs() const& { return cidrs_; }
  const std::vector<Cidr>& cidrs() const&& = delete;
  const std::vector<const Cidr*>& roots() const& { return roots_; }
  const std::vector<const Cidr*>& roots() const&& = delete;
  /// In the order of ids.
  std::vector<const Cidr*> children(CidrId id) const&;
  std::vector<const Cidr*> children(CidrId id) const&& = delete;
  const Cidr* find(CidrId id) const&;
  const Cidr* find(CidrId id) const&& = delete;
  const Cidr* find(std::string_view name) const&;
  const Cidr* find(std::string_view name) const&& = delete;
  /// Leaves without innernet-server: where a peer may be put.
  std::vector<const Cidr*> eligible_for_peers() const&;
  std::vector<const Cidr*> eligible_for_peers() const&& = delete;
  /// Depth first from the roots, with the depth (0 for a root).
  void walk(const std::function<void(const Cidr&, std::size_t depth)>& visit) const;

 private:
  std::vector<Cidr> cidrs_;  // by id
  std::vector<const Cidr*> roots_;
  std::vector<std::pair<CidrId, const Cidr*>> children_;  // by parent, then by id
};

/// The first assignable address of `net` that is not in `taken` (in any order), none when it is full. Costs O(taken · log taken), not the
/// size of the network.
std::optional<IpAddress> first_free_address(const IpNet& net, std::vector<IpAddress> taken);

}  // namespace innernet
