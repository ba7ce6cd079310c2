#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/client/rest_client.hpp"
#include "innernet/config/config.hpp"
#include "innernet/machine/interface_up.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {

// What a round does, by what it has found out. Nothing here waits, reads or writes.

/// On whose behalf a round is made. A daemon makes one after the other; an install changes the keys and ends itself.
enum class Caller { kFetch, kUp, kDaemon, kInstall };

/// Nobody waits for each round of a daemon: it says less when nothing happens.
log::Level progress_level(Caller caller);

enum class InterfaceAction { kUse, kTakePermanentKey, kBringUp, kRefuse };

/// `invitation` is that of an install of this network that was cut short: between the server's answer and the change of keys it leaves
/// an interface with the invitation's key. `own_link` is the link that had our key in an earlier round, or 0: another key is somebody
/// else's doing then, and not somebody else's interface.
InterfaceAction interface_action(Caller caller, const InterfaceView& found, const std::optional<wg::PublicKey>& invitation, int own_link);
/// Why kRefuse.
Error refusal(InterfaceStatus status, const InterfaceName& name);

/// Fails if the config has the server's own key: its peers would be taken away from the interface that has it.
Result<void> check_own_key(const InterfaceConfig& config, const InterfaceName& name);

bool finishes_install(Caller caller, const std::optional<wg::PublicKey>& invitation);

/// Whether a round that has the network's lock lets go of it while it asks the server for the `attempt`th time, from 1. When somebody has
/// used that to change our files, the answer may be older than they are, and it is asked again; the last time with the lock.
bool lets_go_of_lock(bool has_lock, int attempt);

bool asks_for_capabilities(Caller caller, const std::optional<Capabilities>& known);
/// Whether to ask for the state after the question for the capabilities has failed.
bool asks_on_after(const RequestError& failure);

/// Whether to ask another server of the network, if there is one: there was no answer, or the server has none to give.
bool asks_another_server_after(const RequestError& failure);

/// The state that we have, which the server may compare with its own by the ETag.
enum class Base { kNone, kMemory, kDataStore };
struct RequestPlan {
  Base base = Base::kNone;
  bool accept_delta = false;

  friend bool operator==(const RequestPlan&, const RequestPlan&) = default;
};
RequestPlan request_plan(Caller caller, const std::optional<Capabilities>& capabilities, bool has_data_store);

/// Where a round has its state from.
enum class Origin {
  kAnswer,          ///< the server, which had news
  kMemory,          ///< what it sent before is still right
  kDataStore,       ///< the same, of an earlier process
  kDataStoreAlone,  ///< the server can't be reached
};
Origin origin_of(Caller caller, const StateAnswer& answer);
/// kDataStoreAlone, or the error that ends the round.
Result<Origin> origin_without_answer(const Error& failure, bool has_data_store);

bool server_answered(Origin origin);
bool is_in_data_store(Origin origin);

/// Where the ETag of an answer goes when all of its state was applied.
enum class EtagPlace { kNowhere, kMemory, kFile };
EtagPlace etag_place(Caller caller, Origin origin);

std::string_view nothing_to_update(Origin origin);

/// Whether what is to be said of the state was said in the round before.
bool repeats_itself(Caller caller, Origin origin);

/// Whether the server has our candidates, although its state may not show them yet: it may let others wait a while before they see our
/// report, but never tells us of an older one in a new answer.
bool is_reported(const std::vector<Endpoint>& ours, const std::optional<std::vector<Endpoint>>& last_report, Origin origin);
std::string report_failure(const RequestError& failure);
/// How long a server that was told too much (429) is told nothing; 0 after any other failure.
std::chrono::seconds report_pause(const RequestError& failure);

}  // namespace innernet::client
