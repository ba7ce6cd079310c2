#include "state_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "innernet/json/json.hpp"

namespace innernet::server {
namespace {

// It takes long to make, and as much memory as a state of everybody; administrators ask rarely.
constexpr std::chrono::seconds kAllPeersKept{10};

// About what one takes in a state.
constexpr std::size_t kBytesOfPeer = 300;

// The member of a state, and of a delta, that older servers don't have.
constexpr std::string_view kRelays = R"(,"relays":)", kServers = R"(,"servers":[)";

/// Calls `visit` with each entity tag of a header field (RFC 9110 13.1.2), without the W/ of weak ones.
template <class Visit>
void for_each_tag(std::string_view field, Visit visit) {
  while (!field.empty()) {
    std::string_view tag = field.substr(0, field.find(','));
    field.remove_prefix(std::min(field.size(), tag.size() + 1));
    while (!tag.empty() && (tag.front() == ' ' || tag.front() == '\t')) tag.remove_prefix(1);
    while (!tag.empty() && (tag.back() == ' ' || tag.back() == '\t')) tag.remove_suffix(1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    visit(tag);
  }
}

bool same_observations(const PeerRecord* a, const PeerRecord* b) {
  const auto of = [](const PeerRecord* record) { return std::tie(record->seen, record->relayed_at, record->relay_distances); };
  if (a == nullptr || b == nullptr) {
    const PeerRecord* const there = a == nullptr ? b : a;
    return there == nullptr || (!there->seen && !there->relayed_at && there->relay_distances.empty());
  }
  return of(a) == of(b);
}

}  // namespace

StateCache::StateCache(const Network& network, const Options& options) : network_(&network), options_(options), chunks_(network) {}

const std::string& StateCache::tag(CidrId id, Group& member) const {
  const std::uint64_t revision = std::max(member.view->revision, member.since);
  if (member.tag.empty() || member.tag_revision != revision) {
    member.tag = fmt::format("\"{:016x}-{}-{}\"", epoch_, number(id), revision);
    member.tag_revision = revision;
  }
  return member.tag;
}

std::optional<std::uint64_t> StateCache::known_revision(std::string_view tag, std::string_view current) const {
  constexpr std::size_t kGroupAt = 17;  // behind a quote and the epoch
  const std::size_t revision_at = current.rfind('-') + 1;
  const std::string_view group = current.substr(kGroupAt, revision_at - kGroupAt);
  if (tag.size() <= revision_at || !tag.starts_with('"') || !tag.ends_with('"') || !tag.substr(kGroupAt).starts_with(group))
    return std::nullopt;
  const auto parse = [](std::string_view digits, int base) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const auto epoch = parse(tag.substr(1, kGroupAt - 1), 16);
  const auto revision = parse(tag.substr(revision_at, tag.size() - revision_at - 1), 10);
  if (!epoch || !revision) return std::nullopt;
  std::uint64_t last = 0;
  if (epoch == epoch_)
    last = sequence_;
  else if (const auto earlier = std::ranges::find(epochs_, *epoch, &db::LoggedEpoch::epoch); earlier != epochs_.end())
    last = earlier->last;
  return *revision <= last ? revision : std::nullopt;
}

StateCache::Reply StateCache::ask(const Question& question) {
  if (!std::exchange(has_answered_, true)) settle_relays();
  Group& asking = group(question.group);
  View& view = *asking.view;
  if (!question.may_wait || is_due(view, question.now)) announce(view, question.now);

  const auto revision = [&] { return std::max(view.revision, asking.since); };
  const auto current = [&]() -> const std::string& { return tag(question.group, asking); };
  bool known = question.if_none_match == current();
  std::optional<std::uint64_t> base;
  if (question.if_none_match && !known) {
    for_each_tag(*question.if_none_match, [&](std::string_view tag) {
      if (tag == "*") known = true;
      base = std::max(base, known_revision(tag, current()));
    });
    // What was announced last before a restart may not have concerned this group.
    known |= base && *base >= revision();
  }
  if (known) return {true, false, nullptr, current()};

  // What has to be put together may as well be the newest.
  const bool is_ready = view.body != nullptr && view.body_sequence >= view.revision;
  if (!is_ready || (question.accepts_delta && base)) announce(view, question.now);
  if (question.accepts_delta && base && *base >= asking.since && *base >= log_floor_ && *base < revision())
    if (auto changes = delta(view, *base)) return {false, true, std::move(changes), current()};
  if (view.body == nullptr || view.body_sequence < view.revision) join(view);
  uses_.splice(uses_.begin(), uses_, view.use);
  return {false, false, view.body, current()};
}

void StateCache::note_waiting(CidrId id) { group(id).has_waiting = true; }

StateCache::Group& StateCache::group(CidrId id) {
  Group& member = groups_[id];
  if (member.view != nullptr && member.topology == topology_) return member;
  auto roots = network_->visible_roots(id);
  member.topology = topology_;
  if (member.view != nullptr && member.view->roots == roots) return member;
  // Two views may have the same revision: this keeps the group's tags apart.
  member.since = member.view == nullptr ? roots_since_ : sequence_;
  if (member.view != nullptr) leave_view(id, member);
  member.view = &view_of(std::move(roots));
  member.view->groups.insert(id);
  return member;
}

bool StateCache::is_below(CidrId cidr, std::span<const CidrId> roots) const {
  const auto above = network_->ancestry(cidr);
  return std::ranges::any_of(above, [&](CidrId id) { return std::ranges::binary_search(roots, id); });
}

std::uint64_t StateCache::last_change(std::span<const CidrId> roots) const {
  return std::max({log_.last([&](CidrId cidr) { return is_below(cidr, roots); }), cidrs_sequence_, relays_sequence_});
}

StateCache::View& StateCache::view_of(std::vector<CidrId> roots) {
  auto& slot = views_[roots];
  if (slot == nullptr) {
    slot = std::make_unique<View>();
    slot->roots = std::move(roots);
    slot->revision = last_change(slot->roots);
    for (const CidrId root : slot->roots) views_by_root_[root].insert(slot.get());
  }
  return *slot;
}

void StateCache::leave_view(CidrId id, Group& member) {
  View& view = *std::exchange(member.view, nullptr);
  view.groups.erase(id);
  if (!view.groups.empty()) return;
  drop_body(view);
  for (const CidrId root : view.roots) {
    const auto entry = views_by_root_.find(root);
    entry->second.erase(&view);
    if (entry->second.empty()) views_by_root_.erase(entry);
  }
  views_.erase(views_.find(view.roots));
}

void StateCache::drop_body(View& view) {
  if (view.body == nullptr) return;
  bodies_bytes_ -= view.body->capacity();
  view.body.reset();
  uses_.erase(view.use);
}

bool StateCache::is_due(const View& view, BootTime now) const {
  return now - view.announced >= (view.must_wake ? options_.first_endpoint_period : options_.observations_period);
}

void StateCache::announce(View& view, BootTime now) {
  if (!view.has_unannounced) return;
  view.revision = sequence_;
  view.has_unannounced = false;
  view.announced = now;
  if (view.must_wake) wake(view);
}

void StateCache::announce(BootTime now) {
  if (all_peers_ != nullptr && now - all_peers_asked_ >= kAllPeersKept) all_peers_.reset();
  if (!anyone_to_wake_) return;
  anyone_to_wake_ = false;
  for (const auto& [roots, view] : views_) {
    if (!view->must_wake) continue;
    if (is_due(*view, now))
      announce(*view, now);
    else
      anyone_to_wake_ = true;
  }
}

void StateCache::wake(View& view) {
  view.must_wake = false;
  for (const CidrId id : view.groups)
    if (std::exchange(groups_[id].has_waiting, false)) news_.push_back(id);
}

std::vector<CidrId> StateCache::take_news() { return std::exchange(news_, {}); }

void StateCache::changed(const Peer& peer, News news) {
  ++sequence_;
  chunks_.mark(peer.cidr_id, peer.id);
  log_.note(peer.cidr_id, peer.id, sequence_);
  unsaved_.note(peer.id, peer.cidr_id, sequence_);
  for (const CidrId root : network_->ancestry(peer.cidr_id)) {
    const auto seeing = views_by_root_.find(root);
    if (seeing == views_by_root_.end()) continue;
    for (View* view : seeing->second) {
      if (news == News::kFacts) {
        view->revision = sequence_;
        view->has_unannounced = false;
        wake(*view);
      } else {
        view->has_unannounced = true;
        view->must_wake |= news == News::kFirstObservations;
        anyone_to_wake_ |= news == News::kFirstObservations;
      }
    }
  }
}

void StateCache::peer_changed(const PeerRecord* before, const PeerRecord* after) {
  all_peers_.reset();
  if (!same_observations(before, after)) {
    const Peer& peer = (after != nullptr ? after : before)->peer;
    unsaved_.note(peer.id, peer.cidr_id, 0);
  }
  const bool was_visible = before != nullptr && Network::is_visible(before->peer);
  const bool is_visible = after != nullptr && Network::is_visible(after->peer);
  if (was_visible && is_visible && before->peer.cidr_id == after->peer.cidr_id) {
    if (before->peer.facts() != after->peer.facts()) return changed(after->peer, News::kFacts);
    const PeerObservations old_shown = Network::observations_as_shown(*before);
    const PeerObservations new_shown = Network::observations_as_shown(*after);
    if (old_shown == new_shown) return;
    // Two behind one router find each other by their candidates alone, and others through a relay alone.
    const bool is_first = (!old_shown.endpoint && new_shown.endpoint) ||
                          (before->peer.candidates.empty() && !after->peer.candidates.empty()) ||
                          (!before->relayed_at && after->relayed_at);
    return changed(after->peer, is_first ? News::kFirstObservations : News::kObservations);
  }
  if (was_visible) changed(before->peer, News::kFacts);
  if (is_visible) changed(after->peer, News::kFacts);
}

void StateCache::cidrs_changed(bool one_is_gone) {
  ++topology_;
  cidrs_sequence_ = ++sequence_;
  tree_changed();
  // The log may name peers in it whose going nobody could be told of any more, and another one may be given its id.
  if (one_is_gone) {
    log_.clear();
    log_floor_ = roots_since_ = sequence_;
  }
  cidrs_json_.clear();
  for (auto entry = groups_.begin(); entry != groups_.end();) {
    const bool is_gone = network_->find_cidr(entry->first) == nullptr;
    if (is_gone) {
      if (entry->second.has_waiting) news_.push_back(entry->first);
      if (entry->second.view != nullptr) leave_view(entry->first, entry->second);
      chunks_.erase(entry->first);
    }
    entry = is_gone ? groups_.erase(entry) : std::next(entry);
  }
  renew_all();
}

void StateCache::relays_changed(std::span<const Relay> relays) {
  relays_json_.clear();
  if (!relays.empty()) append_json(relays_json_, relays);
  // At a start they come one after the other, and before anybody asks they may be those that there were.
  if (has_answered_) settle_relays();
}

void StateCache::servers_changed(std::span<const Endpoint> servers, std::int64_t term) {
  servers_json_.clear();
  for (const Endpoint& server : servers) {
    servers_json_ += servers_json_.empty() ? kServers : ",";
    servers_json_ += R"({"endpoint":")" + server.to_string() + R"("})";
  }
  if (!servers_json_.empty()) servers_json_ += ']';
  has_term_ = term > 0;
  if (has_term_) servers_json_ += R"(,"term":)" + std::to_string(term);
  if (has_answered_) settle_relays();
}

void StateCache::settle_relays() {
  const std::string now = relays_json_ + servers_json_;
  if (now == relays_told_) return;
  relays_told_ = now;
  relays_sequence_ = ++sequence_;
  unsaved_.rest = true;
  renew_all();
}

void StateCache::renew_all() {
  for (const auto& [roots, view] : views_) {
    view->revision = sequence_;
    view->has_unannounced = false;
    wake(*view);
  }
}

void StateCache::associations_changed() {
  ++topology_;
  roots_since_ = ++sequence_;
  tree_changed();
  // Who sees the same as before is asked and waits on.
  for (auto& [id, member] : groups_)
    if (std::exchange(member.has_waiting, false)) news_.push_back(id);
}

void StateCache::topology_changed() {
  roots_since_ = cidrs_sequence_ = ++sequence_;
  tree_changed();
  forget_ready();
}

void StateCache::forget_ready() {
  ++topology_;
  cidrs_json_.clear();
  all_peers_.reset();
  chunks_.clear();
  for (auto& [id, member] : groups_)
    if (member.has_waiting) news_.push_back(id);
  groups_.clear();
  uses_.clear();
  bodies_bytes_ = 0;
  views_by_root_.clear();
  views_.clear();
}

void StateCache::resume(Past past) {
  forget_ready();
  epoch_ = past.epoch;
  epochs_ = std::move(past.epochs);
  sequence_ = past.sequence;
  log_floor_ = roots_since_ = past.floor;
  cidrs_sequence_ = past.cidrs;
  relays_sequence_ = past.relays;
  relays_told_ = std::move(past.relays_json);
  has_answered_ = false;
  unsaved_ = std::move(past.unsaved);
  tree_digest_ = past.tree_digest;
  log_.clear();
  for (const auto& [cidr, peer, number] : past.changes) log_.note(cidr, peer, number);
}

Present StateCache::present() const {
  return {.epoch = {.epoch = epoch_, .last = sequence_},
          .rest = {.floor = std::max(log_floor_, roots_since_),
                   .cidrs = cidrs_sequence_,
                   .tree_digest = tree_digest_,
                   .relays = relays_sequence_,
                   .relays_json = relays_told_}};
}

Saving StateCache::take_unsaved(std::size_t most_peers) {
  const bool is_all = unsaved_.peers.size() <= most_peers;
  Saving saving{.unsaved = unsaved_.take(most_peers), .is_all = is_all, .present = present()};
  if (is_all) unsaved_.rest = !tree_digest_;
  return saving;
}

void StateCache::tree_changed() {
  unsaved_.rest = true;
  tree_digest_.reset();
}

void StateCache::digest_tree() {
  if (!tree_digest_) tree_digest_ = tree_digest(*network_);
}

const std::string& StateCache::cidrs() {
  if (!cidrs_json_.empty()) return cidrs_json_;
  cidrs_json_.assign(1, '[');  // g++ 12 warns wrongly of an assigned literal here
  for (const Cidr& cidr : network_->cidrs()) {
    if (cidrs_json_.size() > 1) cidrs_json_ += ',';
    append_json(cidrs_json_, cidr);
  }
  cidrs_json_ += ']';
  return cidrs_json_;
}

std::shared_ptr<const std::string> StateCache::all_peers(BootTime now) {
  all_peers_asked_ = now;
  if (all_peers_ != nullptr) return all_peers_;
  auto json = std::make_shared<std::string>("[");
  for (const auto& [id, record] : network_->peers()) {
    if (json->size() > 1) *json += ',';
    append_json(*json, Network::as_shown(record));
  }
  *json += ']';
  all_peers_ = json;
  return json;
}

void StateCache::join(View& view) {
  drop_body(view);  // first, so that two large bodies are never there at once
  const auto visible = network_->with_descendants(view.roots);
  constexpr std::string_view kPeers = R"({"peers":[)";
  constexpr std::string_view kCidrs = R"(],"cidrs":)";
  std::size_t bytes = kPeers.size() + kCidrs.size() + cidrs().size() + kRelays.size() + relays_json_.size() + servers_json_.size() + 1;
  for (const CidrId cidr : visible) bytes += chunks_.size(cidr);
  auto body = std::make_shared<std::string>();
  body->reserve(bytes);
  *body += kPeers;
  for (const CidrId cidr : visible) chunks_.append_to(*body, cidr);
  *body += kCidrs;
  *body += cidrs();
  if (!relays_json_.empty()) (*body += kRelays) += relays_json_;
  *body += servers_json_;
  *body += '}';

  view.body_bytes = body->size();
  view.body_sequence = sequence_;
  bodies_bytes_ += body->capacity();
  view.body = std::move(body);
  uses_.push_front(&view);
  view.use = uses_.begin();
  while (bodies_bytes_ > options_.cap_bytes && uses_.size() > 1) drop_body(*uses_.back());
}

std::size_t StateCache::body_bytes_of(const View& view) {
  if (view.body_bytes > 0) return view.body_bytes;
  // After a restart most have their state already, and none is put together for the sake of its size.
  std::size_t peers = 0;
  const auto visible = network_->with_descendants(view.roots);
  for (const CidrId cidr : visible) peers += network_->peers_of(cidr).size();
  return peers * kBytesOfPeer + cidrs().size();
}

std::shared_ptr<const std::string> StateCache::delta(View& view, std::uint64_t from) {
  if (view.delta != nullptr && view.delta_from == from && view.delta_to == sequence_) return view.delta;
  std::unordered_map<CidrId, bool> sees;
  const auto is_seen = [&](CidrId cidr) {
    const auto [entry, is_new] = sees.try_emplace(cidr, false);
    if (is_new) entry->second = is_below(cidr, view.roots);
    return entry->second;
  };
  const auto concerned = log_.since(from, is_seen);
  if (!concerned) return nullptr;

  std::string peers;
  std::string gone;
  const std::size_t limit = body_bytes_of(view) / 2;
  for (const PeerId id : *concerned) {
    const PeerRecord* record = network_->find_peer(id);
    const bool is_there = record != nullptr && Network::is_visible(record->peer) && is_seen(record->peer.cidr_id);
    std::string& list = is_there ? peers : gone;
    if (!list.empty()) list += ',';
    if (is_there)
      append_json(list, Network::as_shown(*record));
    else
      list += std::to_string(number(id));
    if (peers.size() + gone.size() > limit) return nullptr;
  }
  auto body = std::make_shared<std::string>();
  *body += R"({"peers":[)" + peers + R"(],"gone":[)" + gone + ']';
  if (cidrs_sequence_ > from) *body += R"(,"cidrs":)" + cidrs();
  if (relays_sequence_ > from) {
    (*body += kRelays) += relays_json_.empty() ? "[]" : relays_json_;
    // There may have been some before.
    if (has_term_ && !servers_json_.starts_with(kServers)) (*body += kServers) += ']';
    *body += servers_json_;
  }
  *body += '}';
  if (body->size() > limit) return nullptr;
  view.delta = body;
  view.delta_from = from;
  view.delta_to = sequence_;
  return view.delta;
}

}  // namespace innernet::server
