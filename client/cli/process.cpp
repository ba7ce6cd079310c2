#include "process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "colour.hpp"
#include "innernet/client/resolver.hpp"
#include "innernet/command_line/terminal.hpp"
#include "innernet/machine/privileges.hpp"
#include "innernet/prompt/terminal_asker.hpp"
#include "innernet/publicip/publicip.hpp"
#include "program.hpp"

namespace innernet::client {
namespace {

using command_line::Ending;

std::optional<SocketAddress> resolve(const Endpoint& endpoint, const Clock& clock, const Stop& stop) {
  Resolver resolver;
  resolver.look_up(std::span(&endpoint, 1), clock, &stop);
  return resolver.address(endpoint);
}

Result<Ending> run_in_the_world(const CommandLine& line, const command_line::Command& command, Output& out, const Adapt& adapt) {
  TRY(Stop stop, Stop::create());
  const SystemClock clock;
  const std::optional<wg::BackendKind> asked = line.general().network.backend;
  const auto notice = [](std::string_view text) { log::info("{}", text); };
  const std::unique_ptr<prompt::Asker> asker = prompt::make_terminal_asker(stop.fd());
  Context context{
      {
          .general = line.general(),
          .clock = clock,
          .out = out,
          .asker = *asker,
          .backend = [&](const InterfaceName& name) { return wg::choose_backend(asked, name, notice); },
          .detect_public_ip = [] { return publicip::detect(publicip::quad9()).preferred(); },
          .tell_unchanged = [] { log::info("not confirmed, nothing was changed"); },
      },
      stop,
      stdout_wants_colour(),
      [&] { return wg::list_interfaces(asked); },
      [&](const Endpoint& endpoint) { return resolve(endpoint, clock, stop); },
  };
  context.on_signals.emplace(stop);
  context.ping = [&](const InterfaceName& name, std::span<const IpAddress> peers, std::chrono::milliseconds patience) {
    return round_trips(name, peers, patience, stop);
  };
  context.ask_router = [](const Stop& end) { return ask_router(&end); };
  if (adapt) adapt(context);
  return line.run(command, context);
}

}  // namespace

int run_process(const std::vector<std::string_view>& arguments, const Adapt& adapt) {
  keep_memory_private();
  open_missing_standard_streams();
  // A reader of our output that goes away must not end a command in the middle of its work.
  std::signal(SIGPIPE, SIG_IGN);
  // Nothing that is made here is for others, unless a mode says so.
  ::umask(0077);

  if (command_line::asks_for_version(arguments))
    return command_line::print({.text = command_line::version_text("innernet", INNERNET_VERSION)});
  CommandLine line = command_line_of_innernet();
  const command_line::Parsed parsed = line.parse(arguments);
  if (parsed.command == nullptr) return command_line::print(parsed);

  log::set_level(log_level(line.general().verbosity));
  Output out(STDOUT_FILENO);
  return command_line::exit_code(run_in_the_world(line, *parsed.command, out, adapt), out);
}

}  // namespace innernet::client
