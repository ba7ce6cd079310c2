#include <fmt/format.h>

#include <algorithm>

#include "coordinator_impl.hpp"
#include "innernet/machine/log.hpp"

// The part of the coordinator that stores what a database keeps which another thread waits for: see RemoteWrites.

namespace innernet::server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostAtOnce = 256;  // changes of one transaction
/// Somebody else may hold a lock; then it is tried again so long.
constexpr auto kPatience = 10s;
constexpr auto kLongestUnasked = 60s;
/// Without the database: another server can't have taken over from us any later than this, whoever of us has lost it.
constexpr auto kLongestWithoutDatabase = 5min;
constexpr std::chrono::seconds kRetryAfter{5};

Response unavailable() {
  Response response = api::refusal(503, "the server can't reach its database at present, so nothing is changed; its log says why");
  response.retry_after = kRetryAfter;
  return response;
}

Response not_stored(const Error& why) {
  if (why.kind() == ErrorKind::kUnreachable || why.kind() == ErrorKind::kBusy || why.kind() == ErrorKind::kAlreadyExists)
    return unavailable();
  return Coordinator::failure_response();
}

}  // namespace

void Coordinator::start(std::function<void()> wake) {
  if (impl_->remote == nullptr) return;
  impl_->wake = wake;
  impl_->remote->start(std::move(wake));
}

std::optional<std::string> Coordinator::deposed() const {
  if (impl_->remote == nullptr) return std::nullopt;
  if (auto why = impl_->remote->deposed()) return why;
  const auto since = impl_->remote->unreachable_since();
  if (!since || std::chrono::steady_clock::now() - *since < kLongestWithoutDatabase) return std::nullopt;
  return fmt::format("{} could not be reached for {} minutes", impl_->registry->database->name(), kLongestWithoutDatabase.count());
}

std::optional<Coordinator::Outcome> Coordinator::Impl::answer_to_write(const Request& request, const api::Decision& decision) {
  if (const auto known = remote_writes.answered.find(request.ticket); known != remote_writes.answered.end()) {
    Response response = std::move(known->second.response);
    remote_writes.answered.erase(known);
    return response;
  }
  if (remote_writes.has(request.ticket)) return Storing{};
  if (std::holds_alternative<api::Change>(decision) && remote->unreachable_since()) return unavailable();
  return std::nullopt;
}

Coordinator::Outcome Coordinator::Impl::queue(const Request& request) {
  remote_writes.queued.push_back({.ticket = request.ticket, .request = request, .since = options.clock->boot()});
  return Storing{};
}

void Coordinator::Impl::queue(const std::function<Result<void>(Registry::Writer&)>& change) {
  const auto apply = [change](Registry::Writer& writer) -> Result<Response> {
    TRY_VOID(change(writer));
    return Response{};
  };
  remote_writes.queued.push_back({.change = api::Change{.apply = apply}, .since = options.clock->boot()});
  wake();
}

void Coordinator::Impl::try_queued() {
  auto& [queued, stored, answered, saving, wants_to_save] = remote_writes;
  std::set<IpAddress> sources;
  std::vector<RemoteWrites::Queued> later;
  for (auto& one : std::exchange(queued, {})) {
    // Two of one source may depend on each other in what is not of the model.
    if (stored.size() == kMostAtOnce || (one.ticket != 0 && !sources.insert(one.request.source).second)) {
      later.push_back(std::move(one));
      continue;
    }
    if (one.ticket != 0) {
      auto decision = decide(one.request);
      auto* const change = std::get_if<api::Change>(&decision);
      // Others have decided otherwise since: it is asked again, and answered then.
      if (change == nullptr) {
        effects.stored = true;
        continue;
      }
      one.change = std::move(*change);
    }
    const auto done = registry->in_savepoint([&]() -> Result<void> {
      TRY_VOID(one.change->apply(*registry));
      return {};
    });
    if (done) {
      stored.push_back(std::move(one));
    } else if (done.error().kind() == ErrorKind::kBusy) {
      later.push_back(std::move(one));
    } else {
      remote_writes.answer(one.ticket, api::refusal(done.error()), options.clock->boot());
      effects.stored = true;
    }
  }
  queued = std::move(later);
}

void Coordinator::Impl::launch() {
  auto& [queued, stored, answered, saving, wants_to_save] = remote_writes;
  if (remote->is_busy() || (queued.empty() && !wants_to_save)) return;
  if (!registry->begin()) return;
  registry->observer = nullptr;
  try_queued();
  static_cast<void>(registry->roll_back());
  registry->observer = this;
  // Of the model as it is, without what was tried.
  if (wants_to_save && cache.unsaved().any()) {
    saving = cache.take_unsaved(kSavedAtOnce);
    static_cast<void>(save_log(*saving));  // which is only noted
  }
  wants_to_save = false;
  auto operations = remote->take_operations();
  if (operations.empty()) {
    // A change that changes nothing.
    apply_stored();
    if (!queued.empty() || effects.stored) wake();
    return;
  }
  remote->submit(std::move(operations));
}

void Coordinator::Impl::land() {
  auto& [queued, stored, answered, saving, wants_to_save] = remote_writes;
  // Whoever has not asked again by now has left.
  std::erase_if(answered, [&](const auto& one) { return options.clock->boot() - one.second.since > kLongestUnasked; });
  const auto finished = remote->take_finished();
  if (!finished) return;
  const bool is_tried_again = !*finished && finished->error().kind() == ErrorKind::kBusy;
  if (auto saved = std::exchange(saving, std::nullopt)) {
    if (is_tried_again)
      cache.give_back(*std::move(saved));
    else
      note_saved(*std::move(saved), *finished);
    wants_to_save = is_tried_again;
  }
  if (*finished) return apply_stored();
  refuse_stored(finished->error());
}

void Coordinator::Impl::apply_stored() {
  auto& [queued, stored, answered, saving, wants_to_save] = remote_writes;
  if (stored.empty()) return;
  static_cast<void>(registry->begin());  // never fails when nothing is on its way
  for (const auto& one : stored) {
    std::optional<Response> response;
    is_redeeming = one.change->redeemed.has_value();
    const auto done = registry->in_savepoint([&]() -> Result<void> {
      TRY(response, one.change->apply(*registry));
      return {};
    });
    is_redeeming = false;
    if (!done) log::error("{}: what was stored can't be taken up: {}", registry->database->name(), done.error().message());
    if (!done) response = failure_response();
    if (one.change->written_by) write_allowance.note_write(*one.change->written_by, options.clock->boot());
    if (one.change->redeemed && response->key_change) redemptions.add(*one.change->redeemed, *response->key_change, options.clock->boot());
    remote_writes.answer(one.ticket, *std::move(response), options.clock->boot());
  }
  static_cast<void>(remote->take_operations());
  static_cast<void>(registry->commit());
  stored.clear();
  effects.committed = true;
  effects.stored = true;
  wants_to_save = true;  // with the numbers that these have got by now
}

void Coordinator::Impl::refuse_stored(const Error& why) {
  auto& [queued, stored, answered, saving, wants_to_save] = remote_writes;
  const BootTime now = options.clock->boot();
  std::vector<RemoteWrites::Queued> again;
  for (auto& one : std::exchange(stored, {})) {
    if (why.kind() == ErrorKind::kBusy && now - one.since < kPatience)
      again.push_back(std::move(one));
    else
      remote_writes.answer(one.ticket, not_stored(why), now);
  }
  if (again.empty()) log::error("{}", why.message());
  queued.insert(queued.begin(), std::move_iterator(again.begin()), std::move_iterator(again.end()));
  effects.stored = true;
}

Result<void> Coordinator::Impl::save_remotely_before_end() {
  const auto end = options.clock->boot() + kPatienceAtEnd;
  while (options.clock->boot() < end) {
    if (remote->is_busy() && !remote->is_finished(kPatienceAtEnd)) break;
    land();
    static_cast<void>(registry->refresh());
    if (!cache.unsaved().any() || was_log_lost) break;
    cache.digest_tree();
    remote_writes.wants_to_save = true;
    launch();
  }
  return {};
}

}  // namespace innernet::server
