#include "saved_log.hpp"

#include <algorithm>
#include <cstring>

#include "innernet/json/json.hpp"

namespace innernet::server {
namespace {

/// So many peers that are gone are remembered, for those who have to be told.
constexpr std::size_t kMostGone = 4096;

/// To be raised when a state has something new that is neither of a peer nor of a CIDR.
constexpr char kFormat = '1';

// Not against those who search for collisions: a peer that finds one hides a change of its own row, and only one that was made behind the
// server's back. What matters is that it stays the same for ever.
std::uint64_t digest(std::string_view text) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t sum = text.size() * kOdd;
  const auto mix = [&sum](std::uint64_t word) {
    sum = (sum ^ word) * kOdd;
    sum ^= sum >> 29U;
  };
  for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    mix(word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, text.data(), text.size());
  mix(rest);
  return sum;
}

/// The text that states have, so that one is another digest where a new version says something new. `buffer` is used again and again.
std::optional<std::uint64_t> digest_of(const PeerRecord* record, std::string& buffer) {
  if (record == nullptr || !Network::is_visible(record->peer)) return std::nullopt;
  buffer.clear();
  append_json(buffer, Network::as_shown(*record));
  return digest(buffer);
}

/// The peer, if it is in this CIDR.
const PeerRecord* in_cidr(const Network& network, PeerId id, CidrId cidr) {
  const PeerRecord* const record = network.find_peer(id);
  return record != nullptr && record->peer.cidr_id == cidr ? record : nullptr;
}

bool is_observed(const PeerRecord& record) { return record.seen || record.relayed_at || !record.relay_distances.empty(); }

void observe(const db::LoggedPeer& row, Network& network) {
  const PeerRecord* const record = in_cidr(network, row.peer, row.cidr);
  if (record == nullptr || row.ip != record->peer.ip) return;
  if (row.seen) network.set_seen(row.peer, *row.seen);
  if (row.relayed_at) network.set_relayed(row.peer, row.relayed_at);
  if (!row.relay_distances.empty()) network.set_relay_distances(row.peer, row.relay_distances);
}

std::uint64_t last_number(const db::StoredLog& log) {
  std::uint64_t last = 1;
  if (log.rest) last = std::max({last, log.rest->floor, log.rest->cidrs, log.rest->relays});
  for (const auto& epoch : log.epochs) last = std::max(last, epoch.last);
  for (const auto& row : log.peers) last = std::max(last, row.number);
  return last;
}

}  // namespace

std::uint64_t tree_digest(const Network& network) {
  std::string text(1, kFormat);
  for (const Cidr& cidr : network.cidrs()) append_json(text, cidr);
  for (const auto& [id, association] : network.associations()) append_json(text, association);
  return digest(text);
}

Past take_up(const db::StoredLog& log, std::uint64_t epoch, Network& network) {
  Past past;
  past.epoch = epoch;
  const auto was_there = [&] { return std::ranges::find(log.epochs, past.epoch, &db::LoggedEpoch::epoch) != log.epochs.end(); };
  while (was_there()) ++past.epoch;
  past.epochs = log.epochs;
  past.unsaved.rest = true;
  past.sequence = last_number(log);
  const std::uint64_t found = past.sequence + 1;  // the number of all that is found to have changed

  bool has_found = false;
  std::size_t gone = 0;
  std::string buffer;
  const auto note = [&](PeerId peer, CidrId cidr) {
    past.changes.push_back({cidr, peer, found});
    past.unsaved.note(peer, cidr, found);
    has_found = true;
  };
  auto row = log.peers.begin();
  const auto see_rows = [&](const PeerRecord* record) {
    bool has_row = false;
    for (; row != log.peers.end() && (record == nullptr || row->peer <= record->peer.id); ++row) {
      const bool is_here = record != nullptr && row->peer == record->peer.id && row->cidr == record->peer.cidr_id;
      if (is_here) observe(*row, network);
      has_row |= is_here;
      if (row->digest != digest_of(is_here ? record : nullptr, buffer))
        note(row->peer, row->cidr);
      else if (row->number > 0)
        past.changes.push_back({row->cidr, row->peer, row->number});
      gone += is_here ? 0 : 1;
    }
    if (record != nullptr && !has_row && Network::is_visible(record->peer)) note(record->peer.id, record->peer.cidr_id);
  };
  for (const auto& [id, record] : network.peers()) see_rows(&record);
  see_rows(nullptr);

  past.tree_digest = tree_digest(network);
  const bool is_same_tree = log.rest && log.rest->tree_digest == past.tree_digest;
  if (log.rest) {
    past.floor = log.rest->floor;
    past.cidrs = log.rest->cidrs;
    past.relays = log.rest->relays;
    past.relays_json = log.rest->relays_json;
  }
  if (!is_same_tree) past.floor = past.cidrs = found;
  if (!log.rest) past.relays = found;
  if (gone > kMostGone) past.floor = found;
  past.unsaved.forget_gone = gone > 0;
  if (has_found || past.floor == found) past.sequence = found;

  std::erase_if(past.changes, [&](const Past::Change& change) { return change.number <= past.floor; });
  std::ranges::sort(past.changes, {}, &Past::Change::number);
  return past;
}

Unsaved Unsaved::take(std::size_t most) {
  if (peers.size() <= most) return std::exchange(*this, {});
  Unsaved taken;
  for (std::size_t n = 0; n < most; ++n) taken.peers.insert(taken.peers.end(), peers.extract(peers.begin()));
  return taken;
}

void Unsaved::give_back(Unsaved taken) {
  peers.merge(taken.peers);  // without a copy: it may be all of a large network
  for (const auto& [which, number] : taken.peers) note(which.first, which.second, number);
  rest |= taken.rest;
  forget_gone |= taken.forget_gone;
}

Result<void> save(db::LogStore& store, const Saving& saving, const Network& network) {
  std::string buffer;
  for (const auto& [which, changed] : saving.unsaved.peers) {
    const PeerRecord* const record = in_cidr(network, which.first, which.second);
    db::LoggedPeer row{.peer = which.first, .cidr = which.second, .number = changed, .digest = digest_of(record, buffer)};
    if (record != nullptr && is_observed(*record)) {
      row.ip = record->peer.ip;
      row.seen = record->seen;
      row.relayed_at = record->relayed_at;
      row.relay_distances = record->relay_distances;
    }
    TRY_VOID(store.put(row));
  }
  if (!saving.is_all) return {};
  TRY_VOID(store.put(saving.present.epoch));
  if (saving.unsaved.rest) {
    if (saving.unsaved.forget_gone) TRY_VOID(store.forget_gone(saving.present.rest.floor));
    TRY_VOID(store.put(saving.present.rest));
  }
  return {};
}

}  // namespace innernet::server
