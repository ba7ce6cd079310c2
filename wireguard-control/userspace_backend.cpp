#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "innernet/wireguard/backend.hpp"
#include "links.hpp"
#include "uapi.hpp"
#include "userspace_process.hpp"
#include "userspace_socket.hpp"

namespace innernet::wg {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr milliseconds kStartPatience{5'000};
// wireguard-go stops its peers one by one before it lets go of the link.
constexpr milliseconds kStopPatience{15'000};
// Nothing comes while an implementation works on 100,000 peers.
constexpr milliseconds kAnswerPatience{30'000};
// An implementation that has just ended lets go of its link before its port: `down`, then `up`, would meet at the port.
constexpr milliseconds kPortPatience{2'000};
constexpr milliseconds kPortPeriod{20};
constexpr milliseconds kPollPeriod{2};
// One that is just starting has its link before its socket, one that is ending after it, and who made it or told it to end may have been
// killed.
constexpr milliseconds kPassingPatience{2'000};
constexpr std::size_t kMaxPeersOfWireguardGo = 1U << 16U;  // MaxPeers, device/constants.go; one more is EINVAL

bool adds_peers(const DeviceUpdate& update) {
  return std::ranges::any_of(update.peers, [](const PeerUpdate& peer) { return !peer.remove && !peer.update_only; });
}

// All implementations for Linux make their link through /dev/net/tun.

class UserspaceBackend final : public Backend {
 public:
  explicit UserspaceBackend(UserspaceOptions options)
      : sockets_(std::move(options.socket_folder)), implementation_(std::move(options.implementation)) {}

  BackendKind kind() const override { return BackendKind::kUserspace; }

  std::optional<std::size_t> max_peers() const override {
    const auto program = find_implementation(implementation_);
    const bool is_another = program && !std::filesystem::path(*program).filename().string().starts_with("wireguard-go");
    return is_another ? std::nullopt : std::optional(kMaxPeersOfWireguardGo);
  }

  Result<std::vector<InterfaceName>> list() override {
    TRY_CONTEXT(auto names, sockets_.answering(), "listing userspace WireGuard interfaces");
    return names;
  }

  Result<Device> get(const InterfaceName& name) override {
    const std::string doing = fmt::format("reading the WireGuard device {}", name.str());
    const SteadyTime deadline = std::chrono::steady_clock::now() + kPassingPatience;
    for (;;) {
      auto device = read_device(name, kAnswerPatience);
      if (device) return device;
      if (device.error().kind() != ErrorKind::kNotFound || !has_tunnel(name) || std::chrono::steady_clock::now() >= deadline)
        return std::unexpected(std::move(device).error().context(doing));
      std::this_thread::sleep_for(kPollPeriod);
    }
  }

  Result<void> create(const InterfaceName& name) override {
    reap();
    const std::string doing = fmt::format("creating the userspace WireGuard interface {}", name.str());
    TRY_CONTEXT(const auto link, find_underlying_link(name), doing);
    if (link) return fail(ErrorKind::kAlreadyExists, fmt::format("{}: there is an interface of this name already", doing));
    TRY_CONTEXT(const SocketState state, sockets_.state(name), doing);
    if (state == SocketState::kAnswers)
      return fail(ErrorKind::kAlreadyExists, fmt::format("{}: a userspace WireGuard listens on {} already", doing, sockets_.path(name)));
    TRY_CONTEXT(const std::string program, find_implementation(implementation_), doing);
    if (state == SocketState::kStale) TRY_VOID_CONTEXT(sockets_.unlink(name), doing);
    auto started = start(name, program);
    // Two of one name make each other fail: somebody who was killed at this point has left one that was still starting.
    if (!started && outlives_rival(name)) started = start(name, program);
    TRY_VOID_CONTEXT(std::move(started), doing);
    return {};
  }

  Result<void> apply(const InterfaceName& name, const DeviceUpdate& update) override {
    if (update.empty()) return {};
    const std::string doing = fmt::format("configuring the WireGuard device {}", name.str());
    const WipedString request = encode_uapi_set(update);
    const SteadyTime deadline = std::chrono::steady_clock::now() + kPortPatience;
    UapiStatus status = {};
    for (;;) {
      TRY_CONTEXT(const WipedString answer, sockets_.ask(name, request, kAnswerPatience), doing);
      TRY_CONTEXT(status, decode_uapi_set(answer), fmt::format("{}: {}", doing, sockets_.path(name)));
      if (status.code != EADDRINUSE || !update.listen_port || std::chrono::steady_clock::now() >= deadline) break;
      std::this_thread::sleep_for(kPortPeriod);
    }
    if (status.code == EADDRINUSE && update.listen_port)
      return fail(ErrorKind::kSystem, fmt::format("{}: UDP port {} is in use by another program", doing, *update.listen_port));
    if (status.code == EINVAL && max_peers() == kMaxPeersOfWireguardGo && adds_peers(update))
      return fail_errno(status.code, fmt::format("{}: the userspace WireGuard refuses, perhaps for it takes at most {} peers", doing,
                                                 kMaxPeersOfWireguardGo));
    if (status.code != 0) return fail_errno(status.code, fmt::format("{}: the userspace WireGuard refuses", doing));
    return {};
  }

  Result<void> remove(const InterfaceName& name) override {
    const std::string doing = fmt::format("removing the userspace WireGuard interface {}", name.str());
    TRY_CONTEXT(const SocketState state, sockets_.state(name), doing);
    TRY_CONTEXT(const auto link, find_underlying_link(name), doing);
    if (state == SocketState::kStale) TRY_VOID(sockets_.unlink(name));
    if (state != SocketState::kAnswers)
      return fail(ErrorKind::kNotFound, fmt::format("{}: no userspace WireGuard listens on {}", doing, sockets_.path(name)));
    if (link && !link->is_tunnel)
      return fail(ErrorKind::kNotFound,
                  fmt::format("{}: the interface of this name is not a userspace WireGuard (its kind is {})", doing, quoted(link->kind)));

    // The end of its socket file tells an implementation to end.
    TRY_VOID(sockets_.unlink(name));
    const SteadyTime deadline = std::chrono::steady_clock::now() + kStopPatience;
    while (link) {
      TRY_CONTEXT(const auto still, find_underlying_link(name), doing);
      if (!still || still->index != link->index) break;
      if (std::chrono::steady_clock::now() >= deadline)
        return fail(
            ErrorKind::kUnreachable,
            fmt::format("{}: its process does not end; its socket {} was removed, so end the process by hand", doing, sockets_.path(name)));
      std::this_thread::sleep_for(kPollPeriod);
    }
    reap();
    return {};
  }

 private:
  static bool has_tunnel(const InterfaceName& name) {
    const auto link = find_underlying_link(name);
    return link && *link && (*link)->is_tunnel;
  }

  Result<void> start(const InterfaceName& name, const std::string& program) {
    TRY(UserspaceProcess process, UserspaceProcess::start(program, name.str()));
    auto answered = wait_until_it_answers(name, process, program);
    const auto ended = process.ended();
    has_rival_ = !answered && ended && !ended->empty() && find_underlying_link(name).value_or(std::nullopt);
    if (!answered) {
      // What does not answer must not hold the name.
      static_cast<void>(sockets_.unlink(name));
      process.terminate();
    }
    if (!process.ended()) running_.push_back(std::move(process));
    return answered;
  }

  /// True when another implementation had made a link of this name meanwhile, and has ended.
  bool outlives_rival(const InterfaceName& name) {
    if (!has_rival_) return false;
    const SteadyTime deadline = std::chrono::steady_clock::now() + kStartPatience;
    while (find_underlying_link(name).value_or(std::nullopt)) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      // It may be that it makes its socket only now.
      static_cast<void>(sockets_.unlink(name));
      std::this_thread::sleep_for(kPollPeriod);
    }
    return true;
  }

  // An implementation reports its failure through its exit status alone: its output goes to /dev/null.
  Result<void> wait_until_it_answers(const InterfaceName& name, UserspaceProcess& process, const std::string& program) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + kStartPatience;
    bool answered = false;
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
      const auto ended = process.ended();
      if (ended && !ended->empty()) {
        return fail(ErrorKind::kSystem, fmt::format("{} failed ({}). It needs root or the capability CAP_NET_ADMIN, and /dev/net/tun; "
                                                    "to see its reason run: LOG_LEVEL=debug {} -f {}",
                                                    program, *ended, program, name.str()));
      }
      if (!answered && left > milliseconds(0)) answered = answers(name, left);
      // One that puts itself into the background ends at about the time when its socket begins to answer.
      if (answered && (ended || left < kStartPatience - kForegroundPatience)) return {};
      if (left <= milliseconds(0)) {
        if (answered) return {};
        return fail(ErrorKind::kUnreachable, fmt::format("{} was started, but {} does not answer within {} s", program, sockets_.path(name),
                                                         std::chrono::duration_cast<std::chrono::seconds>(kStartPatience).count()));
      }
      std::this_thread::sleep_for(kPollPeriod);
    }
  }

  Result<Device> read_device(const InterfaceName& name, milliseconds patience) {
    UapiGetReader reader(name);
    TRY_VOID(sockets_.ask(name, kUapiGet, patience, [&](std::string_view text) { return reader.take(text); }));
    TRY_CONTEXT(auto device, std::move(reader).finish(), sockets_.path(name));
    return device;
  }

  bool answers(const InterfaceName& name, milliseconds patience) { return read_device(name, patience).has_value(); }

  // Implementations that stayed in the foreground are our children for good.
  void reap() {
    std::erase_if(running_, [](UserspaceProcess& process) { return process.ended().has_value(); });
  }

  static constexpr milliseconds kForegroundPatience{300};

  UserspaceSockets sockets_;
  std::string implementation_;
  std::vector<UserspaceProcess> running_;
  bool has_rival_ = false;  // at the last start that failed
};

}  // namespace

std::unique_ptr<Backend> userspace_backend(UserspaceOptions options) { return std::make_unique<UserspaceBackend>(std::move(options)); }

}  // namespace innernet::wg
