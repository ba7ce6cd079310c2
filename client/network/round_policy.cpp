#include "round_policy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace innernet::client {

log::Level progress_level(Caller caller) { return caller == Caller::kDaemon ? log::Level::kDebug : log::Level::kInfo; }

InterfaceAction interface_action(Caller caller, const InterfaceView& found, const std::optional<wg::PublicKey>& invitation, int own_link) {
  const bool may_bring_up = caller != Caller::kFetch;
  switch (found.status) {
    case InterfaceStatus::kUp:
      return InterfaceAction::kUse;
    case InterfaceStatus::kForeign:
      if (may_bring_up && found.device && own_link != 0 && found.link_index == own_link) return InterfaceAction::kTakePermanentKey;
      if (may_bring_up && invitation && found.device && found.device->public_key == invitation) return InterfaceAction::kTakePermanentKey;
      return InterfaceAction::kRefuse;
    case InterfaceStatus::kAbsent:
    case InterfaceStatus::kIncomplete:
      break;
  }
  return may_bring_up ? InterfaceAction::kBringUp : InterfaceAction::kRefuse;
}

Error refusal(InterfaceStatus status, const InterfaceName& name) {
  switch (status) {
    case InterfaceStatus::kForeign:
      return Error(ErrorKind::kAlreadyExists,
                   fmt::format("there is an interface {} that is not this network's: it is no WireGuard interface, or has another private "
                               "key; nothing was changed. Remove or rename that one (ip link delete {}), then try again",
                               quoted(name.str()), name.str()));
    case InterfaceStatus::kAbsent:
      return Error(ErrorKind::kNotFound,
                   fmt::format("interface {} is down; bring it up with: innernet up {}", quoted(name.str()), name.str()));
    case InterfaceStatus::kIncomplete:
    case InterfaceStatus::kUp:
      break;
  }
  return Error(ErrorKind::kSystem,
               fmt::format("interface {} is only half configured; put that right with: innernet up {}", quoted(name.str()), name.str()));
}

Result<void> check_own_key(const InterfaceConfig& config, const InterfaceName& name) {
  if (config.private_key.public_key() != config.server_public_key) return {};
  return invalid_input(
      fmt::format("the config of {} has the private key of the network's server: nothing is done with it, for that would take the "
                  "server's peers away. Remove this config (the server has its own), and join as a peer with an invitation",
                  quoted(name.str())));
}

bool finishes_install(Caller caller, const std::optional<wg::PublicKey>& invitation) {
  return caller != Caller::kInstall && invitation.has_value();
}

bool lets_go_of_lock(bool has_lock, int attempt) {
  constexpr int kAttempts = 3;
  return has_lock && attempt < kAttempts;
}

// A process that asks once would ask twice.
bool asks_for_capabilities(Caller caller, const std::optional<Capabilities>& known) { return caller == Caller::kDaemon && !known; }

bool asks_on_after(const RequestError& failure) { return failure.kind() != ErrorKind::kUnreachable; }

bool asks_another_server_after(const RequestError& failure) { return failure.kind() == ErrorKind::kUnreachable || failure.status() == 503; }

RequestPlan request_plan(Caller caller, const std::optional<Capabilities>& capabilities, bool has_data_store) {
  if (caller != Caller::kDaemon) return {.base = has_data_store ? Base::kDataStore : Base::kNone};
  if (!capabilities || !capabilities->state_etag) return {};
  return {.base = Base::kMemory, .accept_delta = capabilities->state_delta};
}

Origin origin_of(Caller caller, const StateAnswer& answer) {
  if (!std::holds_alternative<NotModified>(answer.news)) return Origin::kAnswer;
  return caller == Caller::kDaemon ? Origin::kMemory : Origin::kDataStore;
}

Result<Origin> origin_without_answer(const Error& failure, bool has_data_store) {
  if (failure.kind() != ErrorKind::kUnreachable) return std::unexpected(failure);
  if (has_data_store) return Origin::kDataStoreAlone;
  return fail(
      ErrorKind::kUnreachable,
      fmt::format("{}; and no earlier fetch has left anything to go on with. Is the server running, and does its UDP port get through?",
                  failure.message()));
}

bool server_answered(Origin origin) { return origin != Origin::kDataStoreAlone; }

bool is_in_data_store(Origin origin) { return origin == Origin::kDataStore || origin == Origin::kDataStoreAlone; }

EtagPlace etag_place(Caller caller, Origin origin) {
  if (caller == Caller::kDaemon) return server_answered(origin) ? EtagPlace::kMemory : EtagPlace::kNowhere;
  // That of a data store which stays as it is is in the file already.
  return is_in_data_store(origin) ? EtagPlace::kNowhere : EtagPlace::kFile;
}

std::string_view nothing_to_update(Origin origin) {
  return server_answered(origin) ? "peers are already up to date" : "the device has the peers of the last fetch already";
}

bool repeats_itself(Caller caller, Origin origin) { return caller == Caller::kDaemon && origin != Origin::kAnswer; }

bool is_reported(const std::vector<Endpoint>& ours, const std::optional<std::vector<Endpoint>>& last_report, Origin origin) {
  return origin != Origin::kAnswer && last_report == ours;
}

std::chrono::seconds report_pause(const RequestError& failure) {
  if (failure.status() != 429) return std::chrono::seconds(0);
  constexpr std::chrono::seconds kUnlessSaid{60}, kMost{3'600};
  return std::min(failure.retry_after().value_or(kUnlessSaid), kMost);
}

std::string report_failure(const RequestError& failure) {
  if (failure.status() == 404)
    return "the server is too old to take this machine's addresses; peers behind NAT may not find a way here until it is updated";
  return fmt::format("this machine's addresses could not be reported: {}", failure.message());
}

}  // namespace innernet::client
