#include <algorithm>
#include <set>

#include "innernet/server/network.hpp"

namespace innernet::server {

std::vector<CidrId> Network::ancestry(CidrId id) const {
  std::vector<CidrId> up;
  // A database may hold a parent that isn't there, or a cycle.
  for (std::optional<CidrId> at = id; at && std::ranges::find(up, *at) == up.end();) {
    const CidrRecord* record = cidr_record(*at);
    if (record == nullptr) break;
    up.push_back(*at);
    at = record->cidr.parent;
  }
  return up;
}

std::vector<CidrId> Network::visible_roots(CidrId id) const {
  std::set<CidrId> roots{id};
  if (cidr_record(kServerCidr) != nullptr) roots.insert(kServerCidr);
  for (const CidrId ancestor : ancestry(id)) {
    const auto associated = associated_with(ancestor);
    roots.insert(associated.begin(), associated.end());
  }
  // What lies below another root adds nothing. In a cycle each lies below the other, and the last one stays.
  for (auto root = roots.begin(); root != roots.end();) {
    const auto above = ancestry(*root);
    const bool covered = std::ranges::any_of(above, [&](CidrId ancestor) { return ancestor != *root && roots.contains(ancestor); });
    root = covered ? roots.erase(root) : std::next(root);
  }
  return {roots.begin(), roots.end()};
}

std::vector<CidrId> Network::with_descendants(std::span<const CidrId> roots) const {
  std::set<CidrId> found;
  std::vector<CidrId> next(roots.begin(), roots.end());
  while (!next.empty()) {
    const CidrId id = next.back();
    next.pop_back();
    if (cidr_record(id) == nullptr || !found.insert(id).second) continue;
    const auto children = children_of(id);
    next.insert(next.end(), children.begin(), children.end());
  }
  return {found.begin(), found.end()};
}

}  // namespace innernet::server
