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
  std::string etag;  ///< empty: the server has none, or was not reached
};

/// The state of the server, or the cached one when the server can't be reached. What `store` holds is taken out of it when it is used
/// (is_in_data_store()).
Result<ObtainedState> obtain_state(const Round& round, std::optional<DataStore>& store, const SavedEtag& saved_etag);

}  // namespace innernet::client
