#include "obtain_state.hpp"

#include <fmt/format.h>

#include "innernet/json/json.hpp"
#include "innernet/machine/log.hpp"
#include "server_search.hpp"

namespace innernet::client {
namespace {

std::string etag_of(Base base, const FetchMemory& memory, const SavedEtag& saved_etag) {
  switch (base) {
    case Base::kMemory:
      return memory.etag;
    case Base::kDataStore:
      return saved_etag.read();
    case Base::kNone:
      break;
  }
  return {};
}

State whole(StateAnswer& answer, State before) {
  if (auto* state = std::get_if<State>(&answer.news)) return std::move(*state);
  if (auto* delta = std::get_if<StateDelta>(&answer.news)) return apply_delta(std::move(before), std::move(*delta));
  return before;
}

// Of the state as it is with the answer. That of a data store was taken over with the term that was seen.
std::optional<std::uint64_t> term_of(const StateAnswer& answer, const Round& round, std::optional<std::uint64_t> seen) {
  if (const auto* state = std::get_if<State>(&answer.news)) return state->term;
  const auto before = round.caller == Caller::kDaemon ? round.memory.state.term : seen;
  const auto* delta = std::get_if<StateDelta>(&answer.news);
  return delta != nullptr && delta->term ? delta->term : before;
}

}  // namespace

std::optional<RequestError> refusal_of(const StateAnswer& answer, const Round& round, std::optional<std::uint64_t> seen,
                                       std::chrono::nanoseconds silence) {
  const auto said = term_of(answer, round, seen);
  if (judge_term(said, seen, silence) == TermVerdict::kUsed) return std::nullopt;
  return RequestError(Error(ErrorKind::kUnreachable, why_not_used(said, *seen, silence)));
}

Answer<StateAnswer> ask_for_state(const Round& round, bool has_data_store, const SavedEtag& saved_etag) {
  log::write(progress_level(round.caller), fmt::format("fetching the state of {} from the server", round.name.str()));
  FetchMemory& memory = round.memory;
  RestClient& server = memory.client_of(round.config, round.name, round.machine);
  if (memory.news) return *std::exchange(memory.news, std::nullopt);
  if (asks_for_capabilities(round.caller, memory.capabilities)) {
    const auto capabilities = server.capabilities();
    if (!capabilities && !asks_on_after(capabilities.error())) return std::unexpected(capabilities.error());
    if (capabilities) memory.capabilities = *capabilities;
  }
  const RequestPlan plan = request_plan(round.caller, memory.capabilities, has_data_store);
  return server.get_state({.if_none_match = etag_of(plan.base, memory, saved_etag), .accept_delta = plan.accept_delta});
}

Result<ObtainedState> obtain_state(const Round& round, Answer<StateAnswer> answer, std::optional<DataStore>& store) {
  FetchMemory& memory = round.memory;
  const bool has_data_store = store.has_value();
  const bool has_state = !memory.etag.empty();
  memory.etag.clear();  // until all of the answer has been applied
  if (!answer) {
    memory.capabilities.reset();
    Error why = std::move(answer).error();
    if (!memory.server_tried.empty())
      why = Error(why.kind(), fmt::format("{}; there was no handshake with it at {}", why.message(), text_of(memory.server_tried)));
    const Error failure = std::move(why).context(fmt::format("fetching the state of {}", quoted(round.name.str())));
    TRY(const Origin origin, origin_without_answer(failure, has_data_store));
    log::warning("{}; going on with the peers of the last fetch", failure.message());
    return ObtainedState{.state = store->take_state(), .origin = origin, .etag = {}};
  }
  const Origin origin = origin_of(round.caller, *answer);
  const bool is_whole = std::holds_alternative<State>(answer->news);
  State state = is_in_data_store(origin) ? store->take_state() : whole(*answer, std::move(memory.state));
  // Each delta may bring as many as one list holds.
  if (state.peers.size() > kMostInList)
    return invalid_input(fmt::format("the server has brought the state of {} to more than {} peers: nothing was changed",
                                     quoted(round.name.str()), kMostInList));
  if (etag_place(round.caller, origin) == EtagPlace::kMemory) memory.state = state;
  return ObtainedState{
      .state = std::move(state), .origin = origin, .etag = std::move(answer->etag), .server_knew_nothing = has_state && is_whole};
}

}  // namespace innernet::client
