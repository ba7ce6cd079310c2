#include "coordinator_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "innernet/base/random.hpp"
#include "innernet/json/json.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::server {
namespace {

using namespace std::chrono_literals;

/// Daemons register anew as soon as they are told the relay's new epoch. One of an older version knows of none, and notices by its absence
/// from the registered that it has been forgotten: not before this is over.
constexpr auto kAwaitedByRelay = 30s;

std::uint64_t random_epoch(std::uint64_t old) {
  // Even without random bits it must not be the old one.
  const std::uint64_t epoch = random_bits().value_or(old);
  return epoch == old ? old + 1 : epoch;
}

// Whether it changes who may be relayed to whom.
bool concerns_members(const PeerRecord* before, const PeerRecord* after) {
  const auto is_member = [](const PeerRecord* record) { return record != nullptr && Network::is_visible(record->peer); };
  if (before == nullptr || after == nullptr) return is_member(before) || is_member(after);
  if (is_member(before) != is_member(after)) return true;
  return is_member(after) && (before->peer.public_key != after->peer.public_key || before->peer.cidr_id != after->peer.cidr_id);
}

}  // namespace

Coordinator::Impl::Impl(std::unique_ptr<Registry::Impl> opened, const Options& chosen)
    : registry(std::move(opened)),
      options(chosen),
      server_key(chosen.server_key.to_base64()),
      key_as_opened(key_in_database()),
      cache(registry->network, {chosen.answer_cache_bytes, chosen.endpoint_news_period, chosen.first_endpoint_period}),
      write_allowance(chosen.write_burst, chosen.write_period),
      relay_signs(chosen.clock->boot()),
      relay_groups(chosen.epoch) {
  remote = registry->database->remote();
  registry->observer = this;
  registry->max_on_device = chosen.max_on_device;
  resume();
  servers_changed();
  registry->database->set_patience(std::chrono::milliseconds(0));
  warn_of_quarantined();
  renew_relays();
  if (key_as_opened && *key_as_opened != chosen.server_key)
    log::warning("{}: the server's key in it is not the config's, so peers are told a wrong one; are both of the same network?",
                 registry->database->name());
}

Coordinator::Impl::~Impl() { registry->observer = nullptr; }

void Coordinator::Impl::resume() {
  auto log = registry->database->load_log();
  if (!log)
    log::warning("what clients have been told before can't be read, so they fetch whole states now and after the next start: {}",
                 log.error().message());
  was_log_lost = !log;
  // None where it can't be read: what nobody knows is not counted on from, and is left as it is.
  last_epoch = log && !log->epochs.empty() ? std::optional(log->epochs.back()) : std::nullopt;
  cache.resume(take_up(log ? *log : db::StoredLog(), options.epoch, registry->network));
  relayed.clear();
  for (const auto& [id, record] : registry->network.peers())
    if (record.relayed_at) relayed.insert(id);
  awaited_by_relay = relayed;
  awaited_until = options.clock->boot() + kAwaitedByRelay;
}

void Coordinator::Impl::warn_of_quarantined() {
  for (const auto& [id, row] : registry->network.quarantined())
    if (warned_of.insert(id).second)
      log::warning(
          "{}: peer {} ({}, {}) is not valid and is left out everywhere: {}. Add the peer anew under another name and "
          "address; this row keeps its own taken",
          registry->database->name(), number(id), quoted(row.name), quoted(row.ip), row.reason);
}

std::optional<wg::PublicKey> Coordinator::Impl::key_in_database() const {
  const PeerRecord* server = registry->network.find_peer(kServerPeer);
  return server == nullptr ? std::nullopt : std::optional(server->peer.public_key);
}

bool Coordinator::Impl::is_same_network() const {
  const auto key = key_in_database();
  return !key || *key == options.server_key || key == key_as_opened;
}

Result<void> Coordinator::Impl::check_network() const {
  if (is_same_network()) return {};
  return fail(ErrorKind::kAlreadyExists,
              fmt::format("{} is another network's now: its server has another key", registry->database->name()));
}

api::Decision Coordinator::Impl::decide(const Request& request) const {
  return api::decide(
      {registry->network, server_key, redemptions, recent_overrides, seen_by_relay, options.clock->wall(), options.clock->boot()}, request);
}

Result<void> Coordinator::Impl::begin_turn(bool may_be_replaced) {
  is_locked_out = false;
  is_file_in_doubt |= may_be_replaced;
  if (remote != nullptr) land();
  const auto fresh = registry->refresh(is_file_in_doubt);
  is_up_to_date = fresh.has_value();
  if (fresh) is_file_in_doubt = false;
  if (!fresh && fresh.error().kind() == ErrorKind::kBusy) {
    is_locked_out = true;
    return {};
  }
  if (!fresh) return std::unexpected(fresh.error());
  TRY_VOID(check_network());
  if (*fresh) warn_of_quarantined();
  return {};
}

Coordinator::Outcome Coordinator::Impl::answer(const Request& request) {
  if (is_locked_out) return Busy{};
  auto decision = decide(request);
  if (remote != nullptr) {
    if (auto known = answer_to_write(request, decision)) return *std::move(known);
  }
  if (const auto* change = std::get_if<api::Change>(&decision); change != nullptr && change->written_by)
    if (const auto wait = write_allowance.wait(*change->written_by, options.clock->boot()))
      return api::written_too_often(std::chrono::ceil<std::chrono::seconds>(*wait));
  if (std::holds_alternative<api::Change>(decision) && remote != nullptr) return queue(request);
  if (std::holds_alternative<api::Change>(decision) && !transaction) {
    const auto begun = begin();
    if (!begun && begun.error().kind() == ErrorKind::kBusy) return Busy{};
    if (!begun) {
      log::error("{} {}: {}", request.method, quoted(request.target), begun.error().message());
      return failure_response();
    }
    // What was decided holds for what was read: others have written meanwhile.
    if (*begun) decision = decide(request);
  }
  if (auto* response = std::get_if<Response>(&decision)) return std::move(*response);
  if (const auto* query = std::get_if<api::StateOfGroup>(&decision)) return answer_state(request, query->group);
  if (const auto* query = std::get_if<api::GroupsForRelay>(&decision)) return answer_groups(request, query->relay);
  if (const auto* said = std::get_if<api::Distances>(&decision)) return note_distances(*said);
  if (const auto* said = std::get_if<api::Registrations>(&decision)) return note_registrations(*said);
  if (const auto* change = std::get_if<api::Change>(&decision)) return apply(request, *change);
  switch (std::get<api::List>(decision)) {
    case api::List::kPeers: {
      Response response = api::empty_response(200);
      response.body = cache.all_peers(options.clock->boot());
      return response;
    }
    case api::List::kCidrs:
      return api::json_response(200, cache.cidrs());
    case api::List::kAssociations:
      break;
  }
  std::string json = "[";
  for (const auto& [id, association] : registry->network.associations()) {
    if (json.size() > 1) json += ',';
    append_json(json, association);
  }
  return api::json_response(200, json + ']');
}

Coordinator::Outcome Coordinator::Impl::answer_state(const Request& request, CidrId group) {
  const bool may_wait = request.wait && request.wait->count() > 0;
  auto reply = cache.ask({group, request.if_none_match, may_wait, request.accepts_delta, options.clock->boot()});
  if (reply.not_modified && may_wait) {
    cache.note_waiting(group);
    return Waiting{group, *request.wait};
  }
  const unsigned status = reply.not_modified ? 304 : reply.is_delta ? 226 : 200;
  return Response{.status = status, .body = std::move(reply.body), .etag = std::move(reply.etag), .is_delta = reply.is_delta};
}

Coordinator::Outcome Coordinator::Impl::answer_groups(const Request& request, PeerId relay) {
  // Also when it is asked again, and when the other side has hung up without a word: that ends by RelaySigns::kLongestWait.
  relay_signs.note(relay, options.clock->boot());
  if (request.if_none_match == relay_groups.etag()) {
    if (!request.wait || request.wait->count() <= 0)
      return Response{.status = 304, .body = nullptr, .etag = std::string(relay_groups.etag())};
    relay_groups.note_waiting();
    return Waiting{RelayGroupsCache::kGroup, std::min(*request.wait, RelaySigns::kLongestWait)};
  }
  Response response = api::empty_response(200);
  response.body = relay_groups.body(registry->network);
  response.etag = relay_groups.etag();
  return response;
}

Response Coordinator::Impl::note_distances(const api::Distances& said) {
  const BootTime now = options.clock->boot();
  if (const auto wait = write_allowance.wait(said.peer, now)) return api::written_too_often(std::chrono::ceil<std::chrono::seconds>(*wait));
  write_allowance.note_write(said.peer, now);
  const PeerRecord* const record = registry->network.find_peer(said.peer);
  const PeerRecord before = *record;
  registry->network.set_relay_distances(said.peer, said.distances);
  cache.peer_changed(&before, record);
  return api::empty_response(204);
}

// Of those whom it has been told of: others it could not have registered, or they have gone since.
Response Coordinator::Impl::note_registrations(const api::Registrations& said) {
  const BootTime now = options.clock->boot();
  std::set<PeerId> peers;
  for (const wg::PublicKey& key : said.keys) {
    const PeerRecord* const record = registry->network.find_peer(key);
    if (record != nullptr && Network::is_visible(record->peer) && record->peer.id != kServerPeer) peers.insert(record->peer.id);
  }
  if (registrations.are(said.relay, peers)) return api::empty_response(204);
  if (const auto wait = write_allowance.wait(said.relay, now))
    return api::written_too_often(std::chrono::ceil<std::chrono::seconds>(*wait));
  write_allowance.note_write(said.relay, now);
  registrations.note(said.relay, std::move(peers));
  show_registrations();
  return api::empty_response(204);
}

Coordinator::Outcome Coordinator::Impl::apply(const Request& request, const api::Change& change) {
  if (transaction->is_lost) return failure_response();
  std::optional<Response> response;
  is_redeeming = change.redeemed.has_value();
  const auto done = registry->in_savepoint([&]() -> Result<void> {
    TRY(response, change.apply(*registry));
    return {};
  });
  is_redeeming = false;
  if (!registry->database->in_transaction()) transaction->is_lost = true;
  if (!done) {
    auto refused = api::refusal(done.error());
    if (refused.status == 500) log::error("{} {}: {}", request.method, quoted(request.target), done.error().message());
    return refused;
  }
  if (change.written_by) write_allowance.note_write(*change.written_by, options.clock->boot());
  if (change.redeemed && response->key_change) redemptions.add(*change.redeemed, *response->key_change, options.clock->boot());
  return *std::move(response);
}

Result<bool> Coordinator::Impl::begin() {
  auto begun = registry->begin();
  if (begun) transaction = Transaction{.effects_before = effects, .redemptions_before = redemptions};
  return begun;
}

void Coordinator::Impl::undo() {
  const auto undone = registry->roll_back();
  effects = std::move(transaction->effects_before);
  redemptions = std::move(transaction->redemptions_before);
  transaction.reset();
  if (!undone) log::error("rolling back a failed write: {}", undone.error().message());
}

Result<void> Coordinator::Impl::save_log(const Saving& saving) {
  auto& store = registry->database->store().log();
  TRY(const auto last, store.last_epoch());
  if (last != last_epoch) return fail(ErrorKind::kAlreadyExists, "another server has served it meanwhile");
  return save(store, saving, registry->network);
}

// What could not be saved costs nobody a change: the next start finds what the log lacks.
void Coordinator::Impl::note_saved(Saving saving, const Result<void>& saved) {
  if (!saved && !was_log_lost)
    log::warning("{}: what clients have been told can't be stored, so they fetch whole states after the next start: {}",
                 registry->database->name(), saved.error().message());
  was_log_lost = !saved;
  if (!saved) return cache.give_back(std::move(saving));
  if (saving.is_all) last_epoch = saving.present.epoch;
}

Result<void> Coordinator::Impl::commit() {
  std::optional<Saving> saving;
  if (cache.unsaved().any()) saving = cache.take_unsaved(kSavedAtOnce);
  Result<void> saved;
  if (saving) saved = registry->in_savepoint([&] { return save_log(*saving); });
  if (auto committed = registry->commit(); !committed) {
    if (saving) cache.give_back(*std::move(saving));
    return committed;
  }
  if (saving)
    note_saved(*std::move(saving), saved);
  else
    was_log_lost = false;
  return {};
}

Result<void> Coordinator::Impl::end_turn() {
  Result<void> done;
  if (remote != nullptr) {
    launch();
  } else if (transaction) {
    done = transaction->is_lost ? fail(ErrorKind::kSystem, "the database gave up the transaction") : commit();
    if (done) {
      transaction.reset();
      effects.committed = true;
    } else {
      undo();
    }
  }
  if (relays_changed_since_shown) show_registrations();
  cache.announce(options.clock->boot());
  return done;
}

Result<void> Coordinator::Impl::write(const std::function<Result<void>(Registry::Writer&)>& change) {
  if (remote != nullptr) {
    queue(change);
    return {};
  }
  TRY_VOID(registry->refresh());
  TRY_VOID(check_network());
  TRY_VOID(begin());
  auto done = change(*registry);
  if (done) done = commit();
  if (!done) {
    undo();
    return done;
  }
  transaction.reset();
  effects.committed = true;
  cache.announce(options.clock->boot());
  return {};
}

Result<void> Coordinator::Impl::delete_expired_invitations() {
  const auto now = options.clock->wall();
  const auto due = expiry_looks.due(registry->network.expired_invitations(now), now, options.clock->boot());
  cache.announce(options.clock->boot());
  if (due.empty()) return {};
  return write([this, due, now](Registry::Writer& writer) -> Result<void> {
    for (const PeerId id : due) {
      const PeerRecord* record = registry->network.find_peer(id);
      if (record == nullptr || record->peer.is_redeemed || !Network::has_expired(record->peer, now)) continue;
      TRY_VOID(writer.delete_unredeemed_peer(id));
    }
    return {};
  });
}

Result<void> Coordinator::Impl::save_at_leisure() {
  cache.digest_tree();
  if (remote != nullptr) {
    remote_writes.wants_to_save = true;
    wake();
    return {};
  }
  return write([](Registry::Writer&) -> Result<void> { return {}; });
}

Result<void> Coordinator::Impl::save_before_end() {
  if (remote != nullptr) return save_remotely_before_end();
  registry->database->set_patience(kPatienceAtEnd);
  while (cache.unsaved().any()) {
    TRY_VOID(save_at_leisure());
    if (was_log_lost) break;  // which was told
  }
  return {};
}

void Coordinator::Impl::set_seen(const std::vector<std::pair<wg::PublicKey, SocketAddress>>& seen) {
  for (const auto& [key, address] : seen) {
    const PeerRecord* record = registry->network.find_peer(key);
    if (record == nullptr)
      if (const auto redeemed = redemptions.find_by_old_key(key)) record = registry->network.find_peer(*redeemed);
    if (record == nullptr || record->seen == address) continue;
    const PeerRecord before = *record;
    registry->network.set_seen(before.peer.id, address);
    cache.peer_changed(&before, record);
  }
  if (!registry->network.relays().empty()) renew_relays();
  if (relays_changed_since_shown) show_registrations();
  cache.announce(options.clock->boot());
}

void Coordinator::Impl::set_own_relay(const std::optional<Relay>& relay) {
  own_relay = relay;
  is_own_relay_known = true;
  renew_relays();
}

void Coordinator::Impl::renew_relays() {
  std::vector<Relay> now;
  if (own_relay) now.push_back(*own_relay);
  std::ranges::move(relays_of_peers(registry->network, relay_signs, options.clock->boot()), std::back_inserter(now));
  if (now == relays) return;
  relays = std::move(now);
  relays_changed_since_shown = true;
  cache.relays_changed(relays);
}

void Coordinator::Impl::show_relayed(PeerId id, const std::optional<Endpoint>& at) {
  const PeerRecord* const record = registry->network.find_peer(id);
  if (record == nullptr || record->relayed_at == at) return;
  const PeerRecord before = *record;
  registry->network.set_relayed(id, at);
  cache.peer_changed(&before, record);
}

void Coordinator::Impl::stop_awaiting() {
  if (!awaited_by_relay.empty() && options.clock->boot() >= awaited_until) show_registrations();
}

void Coordinator::Impl::set_relayed(const std::vector<wg::PublicKey>& registered, const std::optional<Endpoint>& at) {
  std::set<PeerId> now;
  for (const wg::PublicKey& key : registered)
    if (const PeerRecord* const record = registry->network.find_peer(key)) now.insert(record->peer.id);
  registrations.note_own(std::move(now), at);
  show_registrations();
  cache.announce(options.clock->boot());
}

void Coordinator::Impl::show_registrations() {
  relays_changed_since_shown = false;
  registrations.keep_only(registry->network.relays());
  std::map<PeerId, Endpoint> now = registrations.where(relays);
  const bool is_over = options.clock->boot() >= awaited_until;
  const auto is_gone = [&](const Endpoint& at) {
    return is_own_relay_known && std::ranges::find(relays, at, &Relay::endpoint) == relays.end();
  };
  std::erase_if(awaited_by_relay, [&](PeerId id) {
    const PeerRecord* const record = registry->network.find_peer(id);
    return is_over || now.contains(id) || record == nullptr || !record->relayed_at || is_gone(*record->relayed_at);
  });
  for (const PeerId id : awaited_by_relay) now.emplace(id, *registry->network.find_peer(id)->relayed_at);
  for (const PeerId id : relayed)
    if (!now.contains(id)) show_relayed(id, std::nullopt);
  relayed.clear();
  for (const auto& [id, at] : now) {
    show_relayed(id, at);
    relayed.insert(id);
  }
}

void Coordinator::Impl::members_changed() {
  effects.members = true;
  relay_groups.changed();
}

void Coordinator::Impl::peer_changed(const PeerRecord* before, const PeerRecord* after) {
  const PeerId id = before != nullptr ? before->peer.id : after->peer.id;
  cache.peer_changed(before, after);
  if (concerns_members(before, after)) members_changed();
  if ((before != nullptr && before->peer.is_relay) || (after != nullptr && after->peer.is_relay)) renew_relays();
  if (before != nullptr && after != nullptr && before->peer.endpoint != after->peer.endpoint)
    recent_overrides.add(after->peer.id, options.clock->boot());
  if (is_redeeming) {
    effects.hosts = true;
    return;
  }
  add_effects(before, after, redemptions.find(id, options.clock->boot()), effects);
}

void Coordinator::Impl::cidrs_changed(bool one_is_gone) {
  cache.cidrs_changed(one_is_gone);
  members_changed();
}
void Coordinator::Impl::associations_changed(CidrId, CidrId) {
  cache.associations_changed();
  members_changed();
}
void Coordinator::Impl::topology_changed() {
  cache.topology_changed();
  members_changed();
}

void Coordinator::Impl::servers_changed() { cache.servers_changed(registry->network.servers(), registry->database->term()); }

void Coordinator::Impl::replaced() {
  options.epoch = random_epoch(options.epoch);
  resume();
  servers_changed();
  relay_groups.replaced(options.epoch);
  redemptions = {};
  recent_overrides = {};
  expiry_looks.forget_peers();
  warned_of.clear();
  registrations.forget_peers();
  relays_changed_since_shown = true;
  effects.device_resync = true;
  effects.hosts = true;
  members_changed();
  renew_relays();
}

}  // namespace innernet::server
