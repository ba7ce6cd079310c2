#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "api/decide.hpp"
#include "saved_log.hpp"

namespace innernet::server {

/// What is to be written to a database that another thread waits for (db::RemoteDatabase), and what has become of it.
///
/// A change is tried on the model, which tells nobody, and is taken back at once: so it is known what there is to write, and the model
/// stays what the database holds while that is on its way. Once it is stored the same change is made for good. Nothing else changes the
/// model meanwhile but what was observed, which decides nothing; what others have written is taken up only between two transactions.
struct RemoteWrites {
  struct Queued {
    std::uint64_t ticket = 0;             ///< Request::ticket; 0: it is ours, and nobody waits for an answer
    Request request{};                    ///< of a ticket
    std::optional<api::Change> change{};  ///< without a ticket; with one, once it was tried
    BootTime since{};
  };

  std::vector<Queued> queued;  ///< for the next transaction
  std::vector<Queued> stored;  ///< with the transaction that is on its way
  struct Answer {
    Response response{};
    BootTime since{};
  };
  std::map<std::uint64_t, Answer> answered;  ///< by ticket, until they are asked for again
  std::optional<Saving> saving;              ///< of the log, on its way
  bool wants_to_save = false;                ///< the log, as soon as nothing is on its way

  bool has(std::uint64_t ticket) const {
    const auto is_it = [ticket](const Queued& one) { return one.ticket == ticket; };
    return std::ranges::any_of(queued, is_it) || std::ranges::any_of(stored, is_it);
  }
  void answer(std::uint64_t ticket, Response response, BootTime now) {
    if (ticket != 0) answered.insert_or_assign(ticket, Answer{.response = std::move(response), .since = now});
  }
};

}  // namespace innernet::server
