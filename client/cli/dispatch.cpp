#include "dispatch.hpp"

#include <unistd.h>

#include <cstring>
#include <optional>

#include "colour.hpp"
#include "commands/commands.hpp"
#include "innernet/client/resolver.hpp"
#include "innernet/command_line/terminal.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/prompt/terminal_asker.hpp"
#include "innernet/publicip/publicip.hpp"

namespace innernet::client {
namespace {

int exit_code(const Result<Ending>& ending) {
  if (!ending) log::error("{}", ending.error().message());
  return ending && *ending == Ending::kDone ? command_line::kExitSuccess : command_line::kExitFailure;
}

std::optional<SocketAddress> resolve(const Endpoint& endpoint, const Clock& clock, const Stop& stop) {
  Resolver resolver;
  resolver.look_up(std::span(&endpoint, 1), clock, &stop);
  return resolver.address(endpoint);
}

Result<Ending> run_in_the_world(const Invocation& invocation, Output& out) {
  TRY(Stop stop, Stop::create());
  const auto* up = std::get_if<UpOptions>(&invocation.command);
  std::optional<StopOnSignals> on_signals;
  if (up == nullptr || !up->daemon) on_signals.emplace(stop);  // the daemon has its own ways with signals

  const SystemClock clock;
  const std::optional<wg::BackendKind> asked = invocation.general.network.backend;
  const auto notice = [](std::string_view text) { log::info("{}", text); };
  const std::unique_ptr<prompt::Asker> asker = prompt::make_terminal_asker(stop.fd());
  Context context{
      .general = invocation.general,
      .clock = clock,
      .out = out,
      .stop = stop,
      .colour = stdout_wants_colour(),
      .asker = *asker,
      .backend = [&](const InterfaceName& name) { return wg::choose_backend(asked, name, notice); },
      .interfaces = [&] { return wg::list_interfaces(asked); },
      .resolve = [&](const Endpoint& endpoint) { return resolve(endpoint, clock, stop); },
      .detect_public_ip = [] { return publicip::detect(publicip::quad9()).preferred(); },
  };
  return run_command(invocation.command, context);
}

/// The table of commands: the type of the options chooses.
struct Dispatch {
  Context& context;

  Result<Ending> operator()(std::monostate) const { return Ending::kDone; }
  Result<Ending> operator()(const auto& options) const { return run(options, context); }
};

}  // namespace

Result<Ending> run_command(const CommandOptions& command, Context& context) {
  TRY(const Ending ending, std::visit(Dispatch{context}, command));
  if (ending == Ending::kDone && context.general.json && !context.has_reported) context.report({}, JsonObject().boolean("changed", false));
  return ending;
}

log::Level log_level(int verbosity) {
  if (verbosity > 1) return log::Level::kTrace;
  return verbosity == 1 ? log::Level::kDebug : log::Level::kInfo;
}

int dispatch(const Invocation& invocation) {
  log::set_level(log_level(invocation.general.verbosity));
  Output out(STDOUT_FILENO);
  const int code = exit_code(run_in_the_world(invocation, out));
  if (out.failure() == 0) return code;
  log::error("writing to standard output: {}", ::strerror(out.failure()));
  return command_line::kExitFailure;
}

}  // namespace innernet::client
