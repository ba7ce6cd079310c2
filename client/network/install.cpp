#include "innernet/client/install.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fetch_round.hpp"
#include "innernet/base/file.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/client/file_access.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/interface_up.hpp"
#include "innernet/machine/log.hpp"
#include "install_progress.hpp"
#include "install_steps.hpp"
#include "key_change.hpp"
#include "network_files.hpp"
#include "pending_install.hpp"
#include "server_peer.hpp"
#include "server_search.hpp"

namespace innernet::client {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

// The cleaning up is spelled out instead of left to destructors: a kill runs none, and tests stand in for it with an exception.
class Install {
 public:
  Install(const ClientOptions& options, const InterfaceName& name, const InterfaceConfig& invitation, Machine& machine,
          const InstallTimes& times, const std::function<void(std::string_view)>& reached)
      : options_(options),
        name_(name),
        invitation_(invitation),
        machine_(machine),
        times_(times),
        reached_(reached),
        config_(invitation),
        pending_path_(pending_file(options.folders, name)),
        config_path_(options.folders.config_file(name)),
        retry_(times.retry) {}

  Result<Installed> run() {
    Installed installed = Installed::kNotFetched;
    FetchMemory memory;
    memory.times.whole = times_.fetch;
    {
      TRY(const FileLock lock, lock_network(options_.folders, name_, machine_.stop, ReadOnly::kRefused));
      if (auto made = make_private_folder(options_.folders.config); !made)
        return std::unexpected(with_remedy(std::move(made).error(), config_path_));
      TRY_VOID(look_around());
      TRY_VOID(find_server());
      if (!progress_.has_config) {
        TRY_VOID(write_pending());
        reached_("pending file written");
        auto redeemed = progress_.asked_before ? resume() : redeem();
        if (!redeemed && may_have_been_heard()) redeemed = resume();
        if (!redeemed) return std::unexpected(clean_up(std::move(redeemed).error()));
        TRY_VOID(take_config_over());
      } else {
        TRY_VOID(bring_up_with(config_.private_key, &invitation_.private_key));
      }
      reached_("config in place");
      start_with_permanent_key();
      reached_("key changed");
      installed = fetch_first(memory);
      reached_("fetched");
      // Without the mark it is as the Rust programs write it, and this invitation can't be installed again. With it the next `up` knows an
      // interface that did not take the new key.
      if (has_permanent_key())
        if (auto written = write_config(options_.folders, name_, config_); !written) log::warning("{}", written.error().message());
    }
    reached_("finished");
    return installed;
  }

 private:
  wg::PublicKey invitation_key() const { return invitation_.private_key.public_key(); }

  Result<void> look_around() {
    if (is_there(config_path_)) {
      if (invitation_of_config(config_path_) != invitation_key())
        return fail(
            ErrorKind::kAlreadyExists,
            fmt::format("network {} is installed already: there is {}; choose another name with --name, or uninstall that one first",
                        quoted(name_.str()), config_path_.string()));
      TRY(config_, read_config(options_.folders, name_));
      progress_.has_config = true;
      log::info("an earlier install has redeemed this invitation and did not end: going on where it stopped");
      return {};
    }
    TRY(const auto ours, find_pending());
    if (ours) {
      config_ = ours->config;
      progress_.asked_before = true;
      log::info("an earlier install of this invitation did not end: going on with its key");
      return {};
    }
    TRY(const auto link, machine_.stack.find_link(name_));
    if (link)
      return fail(ErrorKind::kAlreadyExists,
                  fmt::format("there is a network interface {} already; nothing was changed. Choose another name with --name",
                              quoted(name_.str())));
    config_.private_key = wg::PrivateKey::generate();
    forget_old_store();
    return {};
  }

  // What an earlier install of this invitation has left. Another one's is out of the way then.
  Result<std::optional<PendingInstall>> find_pending() {
    auto pending = PendingInstall::read(pending_path_);
    if (!pending && pending.error().kind() != ErrorKind::kInvalidInput)
      return std::unexpected(with_remedy(std::move(pending).error(), pending_path_));
    if (pending && *pending && (*pending)->invitation == invitation_key()) return pending;
    if (!pending || *pending) TRY_VOID(set_aside(pending ? &**pending : nullptr));
    return take_back();
  }

  // One of this invitation that another's install has set aside meanwhile.
  Result<std::optional<PendingInstall>> take_back() {
    for (const std::filesystem::path& path : set_aside_pending_files(options_.folders, name_)) {
      auto kept = PendingInstall::read(path);
      if (!kept || !*kept || (*kept)->invitation != invitation_key()) continue;
      TRY_VOID(rename_without_replacing(path, pending_path_));
      return kept;
    }
    return std::nullopt;
  }

  // Of another invitation. Its file may hold the only copy of a redeemed key, so it is kept; its interface is ours to remove.
  Result<void> set_aside(const PendingInstall* other) {
    std::filesystem::path kept;
    for (unsigned number = 1;; ++number) {
      kept = set_aside_pending_file(options_.folders, name_, number);
      const auto renamed = rename_without_replacing(pending_path_, kept);
      if (renamed) break;
      if (renamed.error().kind() != ErrorKind::kAlreadyExists) return std::unexpected(with_remedy(renamed.error(), pending_path_));
    }
    log::warning("an install of another invitation under this name did not end; its config is kept as {}", kept.string());
    if (other == nullptr) return {};
    const auto device = machine_.backend.get(name_);
    if (!device || !device->public_key) return {};
    if (*device->public_key == other->invitation || *device->public_key == other->config.private_key.public_key())
      TRY_VOID(machine_.backend.remove(name_));
    return {};
  }

  // The keys that are pinned there are another installation's, our own old one among them.
  void forget_old_store() const {
    const auto store = options_.folders.data_store(name_);
    if (!is_there(store)) return;
    log::warning("{} is left from an earlier installation of a network of this name and is removed", store.string());
    if (const auto removed = remove_file(store); !removed) log::warning("{}", removed.error().message());
  }

  Result<void> find_server() {
    const Endpoint& endpoint = invitation_.server_external_endpoint;
    machine_.resolver.look_up({&endpoint, 1}, machine_.clock(), machine_.stop, std::chrono::seconds(10));
    if (machine_.resolver.address(endpoint) || progress_.has_config) return {};
    return fail(ErrorKind::kUnreachable, fmt::format("the server's name in {} has no address: is this machine online, and its DNS working?",
                                                     quoted(endpoint.to_string())));
  }

  Result<void> write_pending() {
    if (progress_.asked_before) return {};
    const PendingInstall pending{.invitation = invitation_key(), .config = config_};
    if (auto written = create_file(pending_path_, pending.to_text().reveal()); !written)
      return std::unexpected(
          with_remedy(std::move(written).error(), pending_path_).context("saving the new key before the server is told of it"));
    return {};
  }

  // The listening port plays a part from the permanent key on only.
  Result<void> bring_up_with(const wg::PrivateKey& key, const wg::PrivateKey* also_ours) {
    const wg::DeviceUpdate update{
        .private_key = key, .listen_port = {}, .fwmark = {}, .replace_peers = true, .peers = {server_peer(invitation_, machine_.resolver)}};
    TRY_VOID(bring_up(machine_.backend, name_, invitation_.address, update, options_.network, also_ours, machine_.stack));
    progress_.made_interface = true;
    return search_new_server(invitation_, name_, machine_);
  }

  Result<void> redeem() {
    log::info("bringing up interface {} with the invitation's key", name_.str());
    TRY_VOID(bring_up_with(invitation_.private_key, nullptr));
    reached_("interface made");
    log::info("redeeming the invitation");
    auto answer = ask_to_redeem();
    if (answer) return {};
    return std::unexpected(explain(answer.error()));
  }

  Answer<void> ask_to_redeem() {
    const BootTime start = machine_.clock().boot();
    RestClient client(invitation_, machine_.api_interface(name_), machine_.stop, times_.redeem);
    auto answer = client.redeem(config_.private_key.public_key());
    progress_.redeeming = redeeming_of(answer, client.last_request_was_sent());
    // A handshake, a connection and a request: more than two round trips.
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(machine_.clock().boot() - start);
    if (answer) round_trip_ = std::min(took / 3, times_.retry);
    if (answer) retry_ = std::clamp(took, times_.retry, std::max<std::chrono::milliseconds>(times_.retry, std::chrono::seconds(2)));
    // The server changes keys when its answer is acknowledged; closing does that at once. (The client goes out of scope here.)
    return answer;
  }

  // The answer may have been lost on its way, and the server's turn to change keys come.
  bool may_have_been_heard() {
    if (progress_.asked_before || progress_.redeeming != Redeeming::kUnknown || machine_.wait.stopped()) return false;
    log::info("whether the server has redeemed it is not known; finding that out");
    progress_.asked_before = true;
    return true;
  }

  // Whether an earlier request was heard is not known. If it was, the server knows the permanent key; if not, the invitation is good.
  Result<void> resume() {
    TRY_VOID(bring_up_with(config_.private_key, &invitation_.private_key));
    if (change_key(config_, name_, machine_, {.patience = times_.probe_pending, .retry = retry_})) return {};
    if (machine_.wait.stopped()) return fail(ErrorKind::kInterrupted, "stopped");
    TRY_VOID(bring_up_with(invitation_.private_key, &config_.private_key));
    log::info("redeeming the invitation");
    auto answer = ask_to_redeem();
    if (answer) return {};
    // "Used", it says: by us, perhaps, and a Rust server still has the old key for five seconds.
    if (answer.error().status() == 401 && change_key(config_, name_, machine_, {.patience = times_.key_change, .retry = retry_})) return {};
    return std::unexpected(explain(answer.error()));
  }

  Error explain(const RequestError& error) const {
    if (error.status() == 401)
      return Error(error.kind(),
                   fmt::format("the server does not accept this invitation: it has been used, or it has expired; ask for a new one ({})",
                               error.message()));
    if (error.kind() == ErrorKind::kUnreachable)
      return Error(
          error.kind(),
          fmt::format(
              "{}. Is the server running (on it: systemctl status innernet-server@{}), and does UDP get through to {}? An invitation that "
              "has been used or has expired gets no answer, either",
              error.message(), printable(invitation_.network_name), where_the_server_is()));
    return error;
  }

  std::string where_the_server_is() const {
    const Endpoint& endpoint = invitation_.server_external_endpoint;
    if (!is_name(endpoint)) return endpoint.to_string();
    return fmt::format("{} (tried: {})", endpoint.to_string(), text_of(machine_.resolver.addresses(endpoint)));
  }

  Error clean_up(Error error) {
    std::string message = error.message();
    const CleanUp todo = clean_up_after(progress_);
    if (todo.removes_interface)
      if (const auto removed = machine_.backend.remove(name_); !removed && removed.error().kind() != ErrorKind::kNotFound)
        message += fmt::format("; and the interface could not be removed: {}", removed.error().message());
    if (todo.removes_pending_file && may_have_left_link()) {
      message += fmt::format(". The interface {} stays, and so does {}: the same command again goes on with them", name_.str(),
                             pending_path_.string());
    } else if (todo.removes_pending_file) {
      if (const auto removed = remove_file(pending_path_); !removed) message += fmt::format("; and {}", removed.error().message());
    } else {
      message += fmt::format(
          ". The server may have redeemed the invitation: the new key is kept in {}, and the same command again goes on with it",
          pending_path_.string());
    }
    return Error(error.kind(), std::move(message));
  }

  // A link without its pending file would be somebody else's to the next install.
  bool may_have_left_link() const {
    const auto link = machine_.stack.find_link(name_);
    return !link || *link;
  }

  Result<void> take_config_over() {
    reached_("redeemed");
    if (auto renamed = rename_without_replacing(pending_path_, config_path_); !renamed)
      return std::unexpected(
          with_remedy(std::move(renamed).error(), config_path_)
              .context(fmt::format("the invitation is redeemed, and its key is safe in {}, but that can't become the config",
                                   pending_path_.string())));
    return {};
  }

  bool has_permanent_key() const {
    const auto device = machine_.backend.get(name_);
    return device && device->public_key == config_.private_key.public_key();
  }

  void start_with_permanent_key() {
    machine_.wait.until(machine_.clock().boot() + round_trip_);
    log::info("waiting for the server to take the new key");
    const auto answered = change_key(config_, name_, machine_, {.patience = times_.key_change, .retry = retry_});
    if (!answered) log::debug("{}", answered.error().message());
  }

  Installed fetch_first(FetchMemory& memory) {
    constexpr int kTries = 3;
    for (int i = 1; i <= kTries; ++i) {
      auto result = fetch_round(options_, name_, machine_, memory, Caller::kInstall);
      if (result && result->server_answered) return Installed::kFetched;
      if (!result) log::warning("{}", result.error().message());
      if (machine_.wait.stopped() || (i < kTries && !machine_.wait.until(machine_.clock().boot() + times_.between_fetches))) break;
    }
    log::warning("the network is installed, but its peers could not be fetched; do that later with: innernet up {}", name_.str());
    return Installed::kNotFetched;
  }

  const ClientOptions& options_;
  const InterfaceName& name_;
  const InterfaceConfig& invitation_;
  Machine& machine_;
  const InstallTimes& times_;
  const std::function<void(std::string_view)>& reached_;
  InterfaceConfig config_;  // with the permanent key
  std::filesystem::path pending_path_;
  std::filesystem::path config_path_;
  std::chrono::milliseconds retry_;
  std::chrono::milliseconds round_trip_{0};  // what the server needs to change its side
  InstallProgress progress_;
};

}  // namespace

Result<Installed> install_on(const ClientOptions& options, const InterfaceName& name, const InterfaceConfig& invitation, Machine& machine,
                             const InstallTimes& times, const std::function<void(std::string_view)>& reached) {
  return Install(options, name, invitation, machine, times, reached).run();
}

Result<Installed> install(const ClientOptions& options, const InterfaceName& name, const InterfaceConfig& invitation, const Stop& stop) {
  TRY(SystemMachine system, SystemMachine::create(options, name, stop));
  Machine machine = system.machine();
  return install_on(options, name, invitation, machine);
}

void delete_invitation(const std::filesystem::path& path) {
  if (const auto removed = remove_file(path); !removed)
    log::warning("the invitation could not be removed, do it by hand: {}", removed.error().message());
}

}  // namespace innernet::client
