#include "innernet/server/serve.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "http/http_server.hpp"
#include "innernet/base/file.hpp"
#include "innernet/base/random.hpp"
#include "innernet/config/config.hpp"
#include "innernet/machine/interface_up.hpp"
#include "innernet/machine/local_addresses.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/network_stack.hpp"
#include "innernet/machine/privileges.hpp"
#include "innernet/machine/sd_notify.hpp"
#include "innernet/relay/relay.hpp"
#include "innernet/server/servers.hpp"
#include "link.hpp"
#include "served_files.hpp"
#include "service.hpp"
#include "udp_port.hpp"

namespace innernet::server {
namespace {

/// The config's key is everything that protects the network.
void make_private(const std::filesystem::path& path) {
  const auto others = access_of_others(path);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || ((status.st_mode & 077) == 0 && (!others || *others == 0))) return;
  if (::chmod(path.c_str(), kPrivateFile) == 0)
    log::warning("{} had mode {:04o}, which lets others at its private key; it is 0600 now", path.string(), status.st_mode & 07777U);
  else
    log::warning("{}: others may read or write it (mode {:04o}): {}", path.string(), status.st_mode & 07777U, std::strerror(errno));
}

Result<std::uint64_t> random_epoch() {
  const auto epoch = random_bits();
  if (!epoch) return fail_errno(epoch.error(), "reading random bits");
  return *epoch;
}

// Another network's relay may have it, which gives a port away that our config names at its next look.
Result<void> probe_listen_port(std::uint16_t port, const ServeOptions& options, const ServeSystem& system) {
  const BootTime end = system.clock.boot() + 2 * options.periods.relay;
  for (;;) {
    auto free = system.probe_udp_port(port);
    if (free || interfaces_with_config(options.folders.config).size() < 2 || system.clock.boot() >= end) return free;
    std::this_thread::sleep_for(options.periods.relay / 20);
  }
}

// With the old key, `serve` of the network that has taken the name would take it for somebody else's.
void remove_interface_of(const wg::PublicKey& key, const InterfaceName& interface, wg::Backend& backend) {
  const auto device = backend.get(interface);
  if (!device || device->public_key != key) return;
  if (const auto removed = backend.remove(interface); !removed) log::warning("{}", removed.error().message());
}

enum class Turn : std::uint8_t {
  kNow,
  kAfterOthers,  ///< another one is to take over, if one is there
};

/// Of several servers one serves; the others wait here until its session of the database has ended.
Result<Coordinator> open_when_it_is_our_turn(const DatabaseLocation& database, const Coordinator::Options& options,
                                             const InterfaceName& interface, const std::filesystem::path& config, wg::Backend& backend,
                                             Turn turn) {
  constexpr auto kBetweenTries = std::chrono::milliseconds(250), kForOthers = std::chrono::milliseconds(3'000);
  if (turn == Turn::kAfterOthers) std::this_thread::sleep_for(kForOthers);
  const bool is_elsewhere = std::holds_alternative<DatabaseUrl>(database);
  bool was_told = false, was_away = false;
  for (int missing = 0;;) {
    // One that is replaced by removing and copying is away for a moment.
    std::error_code ignored;
    missing = std::filesystem::exists(config, ignored) ? 0 : missing + 1;
    if (missing > 2) return fail(ErrorKind::kNotFound, config.string() + " is gone");
    auto coordinator = Coordinator::open(database, options);
    // A database elsewhere may be away for a while, at boot as well.
    const bool is_away = !coordinator && is_elsewhere && coordinator.error().kind() == ErrorKind::kUnreachable;
    if (is_away && !std::exchange(was_away, true))
      log::warning("{}: {}; it is tried again", interface.str(), coordinator.error().message());
    if (!is_away && std::exchange(was_away, false)) log::info("{}: the database is reached again", interface.str());
    if (!is_away && (coordinator || coordinator.error().kind() != ErrorKind::kAlreadyExists)) return coordinator;
    if (is_away) {
      sd_notify("READY=1\nSTATUS=the database can't be reached; it is tried again");
      was_told = false;
    } else if (!std::exchange(was_told, true)) {
      // Left by one of us that was killed: with it two would have a handshake with each peer in turn.
      remove_interface_of(options.server_key, interface, backend);
      log::info("{}: standing by, for {}", interface.str(), coordinator.error().message());
      sd_notify("READY=1\nSTATUS=standing by: another server serves this network");
    }
    sd_notify("WATCHDOG=1");
    std::this_thread::sleep_for(kBetweenTries);
  }
}

}  // namespace

ServeSystem ServeSystem::of_machine(wg::Backend& backend, const Clock& clock) {
  return {.backend = backend,
          .clock = clock,
          .bring_up = [](wg::Backend& on, const InterfaceName& name, const IpNet& address, const wg::DeviceUpdate& update,
                         const NetworkOptions& options) { return innernet::bring_up(on, name, address, update, options); },
          .link_state = [](const InterfaceName& name,
                           const IpAddress& address) { return server::link_state(system_network_stack(), name, address); },
          .local_addresses = [](const std::vector<InterfaceName>& own) { return local_candidates(own); },
          .probe_udp_port = server::probe_udp_port,
          .drop_privileges = innernet::drop_privileges,
          .start_relay = relay::Relay::start,
          .listening = nullptr};
}

namespace {

/// As long as this server is the one that serves.
Result<ServeEnd> serve_once(const InterfaceName& interface, const ServeOptions& options, const ServeSystem& system, Turn turn) {
  const auto config_file = options.folders.config_file(interface);
  const auto doing = "serving " + interface.str();
  // Read before the lock, too: an unknown network has no folder for a lock file.
  TRY_CONTEXT(auto config, ServerConfig::read(config_file), doing);
  const auto database = database_location(config, options.folders, interface);
  std::vector<std::filesystem::path> guarded{config_file};
  if (const auto* const file = std::get_if<std::filesystem::path>(&database)) guarded.push_back(*file);
  TRY_CONTEXT(auto lock, FileLock::acquire(options.folders.lock_file(interface), std::chrono::milliseconds(0), guarded), doing);
  make_private(config_file);
  TRY_CONTEXT(const auto net, config.net(), config_file.string());
  TRY(const std::uint64_t epoch, random_epoch());
  TRY_CONTEXT(auto coordinator,
              open_when_it_is_our_turn(database,
                                       {.server_key = config.private_key.public_key(),
                                        .server_name = name_of_server(config),
                                        .clock = &system.clock,
                                        .epoch = epoch,
                                        .max_on_device = system.backend.max_peers()},
                                       interface, config_file, system.backend, turn),
              doing);
  HttpServer::Limits limits;
  if (const auto room = make_room_for_connections(limits.connections); room < limits.connections) {
    log::warning("at most {} connections, for this process may open few files (LimitNOFILE= in the unit, or `ulimit -n`)", room);
    limits.connections = room;
  }
  // Before the device is touched, so that userspace WireGuard gets no more than we keep.
  if (system.drop_privileges) system.drop_privileges({options.folders.config, options.folders.data, options.hosts.path});

  const auto device = system.backend.get(interface);
  if (!device && device.error().kind() != ErrorKind::kNotFound) return std::unexpected(Error(device.error()).context(doing));
  if (!device || device->listen_port != config.listen_port) TRY_VOID(probe_listen_port(config.listen_port, options, system));
  const bool is_new = !device;
  TRY_VOID_CONTEXT(system.bring_up(system.backend, interface, net, {.private_key = config.private_key, .listen_port = config.listen_port},
                                   options.network),
                   fmt::format("{}: bringing the interface up with listen port {}", doing, config.listen_port));

  const wg::PublicKey key = config.private_key.public_key();
  ServedFiles files(options.folders, interface, std::move(guarded), key, std::move(lock));
  auto served = [&]() -> Result<ServeEnd> {
    try {
      return Service(interface, options, system, std::move(config), net, std::move(coordinator), limits, files).run();
    } catch (const boost::system::system_error& error) {
      // So says Asio that there is no descriptor left for its pipe, timer or socket.
      return fail_errno(error.code().value(), "making what the server waits with");
    }
  }();
  if (served) {
    if (files.has_other_config() || *served == ServeEnd::kDeposed) remove_interface_of(key, interface, system.backend);
    return served;
  }
  if (is_new) {
    if (const auto removed = system.backend.remove(interface); !removed)
      log::warning("removing the interface that was made: {}", removed.error().message());
  }
  return std::unexpected(std::move(served).error().context(doing));
}

}  // namespace

Result<ServeEnd> serve(const InterfaceName& interface, const ServeOptions& options, const ServeSystem& system) {
  std::signal(SIGPIPE, SIG_IGN);
  for (Turn turn = Turn::kNow;; turn = Turn::kAfterOthers) {
    auto ended = serve_once(interface, options, system, turn);
    if (!ended || *ended != ServeEnd::kDeposed) return ended;
  }
}

}  // namespace innernet::server
