#pragma once

#include <optional>
#include <string>

#include "innernet/client/data_store.hpp"
#include "round.hpp"
#include "saved_etag.hpp"

namespace innernet::client {

struct ObtainedState {
  State state;
  Origin origin;
  std::string etag;                  ///< empty: the server has none, or was not reached
  bool server_knew_nothing = false;  ///< of the state that it gave us last: it was started anew, most probably
};

/// Asks the server, which may take its time.
Answer<StateAnswer> ask_for_state(const Round& round, bool has_data_store, const SavedEtag& saved_etag);

/// Why the state of the answer is not used, if the server was replaced (judge_term()). `silence`: see there.
std::optional<RequestError> refusal_of(const StateAnswer& answer, const Round& round, std::optional<std::uint64_t> seen,
                                       std::chrono::nanoseconds silence);

/// The state of its answer, or the cached one when the server can't be reached. What `store` holds is taken out of it when it is used
/// (is_in_data_store()).
Result<ObtainedState> obtain_state(const Round& round, Answer<StateAnswer> answer, std::optional<DataStore>& store);

}  // namespace innernet::client
