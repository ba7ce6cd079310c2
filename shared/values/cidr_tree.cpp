#include "innernet/values/cidr_tree.hpp"

#include <algorithm>
#include <utility>

namespace innernet {
namespace {

constexpr std::string_view kServerCidrName = "innernet-server";

const Cidr* find_by_id(std::span<const Cidr> sorted, CidrId id) {
  const auto found = std::ranges::lower_bound(sorted, id, {}, &Cidr::id);
  return found != sorted.end() && found->id == id ? &*found : nullptr;
}

// The parent of each CIDR, none where it is missing or where a cycle is cut.
std::vector<const Cidr*> parents_without_cycles(std::span<const Cidr> sorted) {
  std::vector<const Cidr*> parents;
  parents.reserve(sorted.size());
  for (const Cidr& cidr : sorted) parents.push_back(cidr.parent ? find_by_id(sorted, *cidr.parent) : nullptr);

  enum class Mark : char { kNew, kOnPath, kDone };
  std::vector<Mark> marks(sorted.size(), Mark::kNew);
  const auto index_of = [sorted](const Cidr* cidr) { return static_cast<std::size_t>(cidr - sorted.data()); };
  std::vector<std::size_t> path;
  for (std::size_t start = 0; start < sorted.size(); ++start) {
    path.clear();
    std::size_t at = start;
    while (marks[at] == Mark::kNew) {
      marks[at] = Mark::kOnPath;
      path.push_back(at);
      if (parents[at] == nullptr) break;
      at = index_of(parents[at]);
    }
    // Back at a CIDR of this very path: what lies between is a cycle. The order of indexes is the order of ids.
    if (marks[at] == Mark::kOnPath && parents[at] != nullptr) parents[*std::min_element(std::ranges::find(path, at), path.end())] = nullptr;
    for (const std::size_t i : path) marks[i] = Mark::kDone;
  }
  return parents;
}

}  // namespace

CidrTree::CidrTree(std::span<const Cidr> cidrs) {
  std::vector<const Cidr*> by_id;
  for (const Cidr& cidr : cidrs) by_id.push_back(&cidr);
  std::ranges::sort(by_id, {},
                    [](const Cidr* cidr) { return std::pair(cidr->id, cidr); });  // of those with one id, the first given comes first
  for (const Cidr* cidr : by_id)
    if (cidrs_.empty() || cidrs_.back().id != cidr->id) cidrs_.push_back(*cidr);

  const std::vector<const Cidr*> parents = parents_without_cycles(cidrs_);
  for (std::size_t i = 0; i < cidrs_.size(); ++i) {
    if (parents[i] == nullptr)
      roots_.push_back(&cidrs_[i]);
    else
      children_.emplace_back(parents[i]->id, &cidrs_[i]);
  }
  std::ranges::sort(children_, {}, [](const auto& entry) { return std::pair(entry.first, entry.second->id); });
}

std::vector<const Cidr*> CidrTree::children(CidrId id) const& {
  std::vector<const Cidr*> out;
  for (const auto& [parent, child] : std::ranges::equal_range(children_, id, {}, &std::pair<CidrId, const Cidr*>::first))
    out.push_back(child);
  return out;
}

const Cidr* CidrTree::find(CidrId id) const& { return find_by_id(cidrs_, id); }

const Cidr* CidrTree::find(std::string_view name) const& {
  const auto found = std::ranges::find(cidrs_, name, &Cidr::name);
  return found == cidrs_.end() ? nullptr : &*found;
}

std::vector<const Cidr*> CidrTree::eligible_for_peers() const& {
  std::vector<const Cidr*> out;
  for (const Cidr& cidr : cidrs_) {
    const bool is_leaf = !std::ranges::binary_search(children_, cidr.id, {}, &std::pair<CidrId, const Cidr*>::first);
    if (is_leaf && cidr.id != kServerCidr && cidr.name != kServerCidrName) out.push_back(&cidr);
  }
  return out;
}

void CidrTree::walk(const std::function<void(const Cidr&, std::size_t depth)>& visit) const {
  // Not recursive: a database may hold a chain as deep as it is long.
  std::vector<std::pair<const Cidr*, std::size_t>> open;
  const auto push = [&open](const std::vector<const Cidr*>& cidrs, std::size_t depth) {
    for (std::size_t i = cidrs.size(); i-- > 0;) open.emplace_back(cidrs[i], depth);
  };
  push(roots_, 0);
  while (!open.empty()) {
    const auto [cidr, depth] = open.back();
    open.pop_back();
    visit(*cidr, depth);
    push(children(cidr->id), depth + 1);
  }
}

std::optional<IpAddress> first_free_address(const IpNet& net, std::vector<IpAddress> taken) {
  std::ranges::sort(taken);
  const IpAddress last = net.last_assignable();
  std::optional<IpAddress> free = net.first_assignable();
  for (auto at = std::ranges::lower_bound(taken, *free); at != taken.end() && *at <= *free; ++at) {
    if (*at != *free) continue;  // listed twice
    free = free->plus(1);
    if (!free) return std::nullopt;
  }
  return *free <= last ? free : std::nullopt;
}

}  // namespace innernet
