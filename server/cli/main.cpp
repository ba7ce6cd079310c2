#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "innernet/command_line/terminal.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/prompt/terminal_asker.hpp"
#include "innernet/server/serve.hpp"
#include "program.hpp"

namespace innernet::server {
namespace {

using command_line::kExitFailure;
using command_line::kExitSuccess;

std::unique_ptr<wg::Backend> backend_for(const CommandLine& line, const InterfaceName& interface) {
  return wg::choose_backend(line.network.backend, interface, [](std::string_view notice) { log::info("{}", notice); });
}

Result<void> run_serve(const CommandLine& line, const Clock& clock) {
  const auto backend = backend_for(line, *line.interface);
  return serve(*line.interface, {.folders = line.folders, .network = line.network, .hosts = line.hosts, .periods = {}, .listen = {}},
               ServeSystem::of_machine(*backend, clock));
}

int report(const Result<void>& result, const Output& output) {
  if (!result) {
    log::error("{}", result.error().message());
    return kExitFailure;
  }
  if (output.failure() != 0) {
    log::error("{}", Error::system(output.failure(), "writing to standard output").message());
    return kExitFailure;
  }
  return kExitSuccess;
}

int main(const std::vector<std::string_view>& arguments) {
  open_missing_standard_streams();
  ::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of that write, not the end of the program
  Output output(STDOUT_FILENO);
  if (command_line::asks_for_version(arguments)) {
    output.write(command_line::version_text("innernet-server", INNERNET_VERSION));
    return report({}, output);
  }

  CommandLine line;
  const command_line::Program table = program(line);
  const command_line::Parsed parsed = command_line::parse(table, arguments);
  if (parsed.command == nullptr) {
    Output errors(STDERR_FILENO);
    (parsed.to_stderr ? errors : output).write(parsed.text);
    return output.failure() == 0 ? parsed.exit_code : report({}, output);
  }
  if (line.name.yes && !line.name.name) {  // it would agree to a question about nothing in particular
    Output(STDERR_FILENO).write(fmt::format("[E] innernet-server {}: --yes needs --name\n", parsed.command->name));
    return command_line::kExitUsage;
  }
  const bool serves = parsed.command->name == "serve";
  log::set_level(log::level_from_environment(default_log_level(parsed.command->name)));
  if (::geteuid() != 0) return report(fail(ErrorKind::kPermission, "innernet-server must run as root: try sudo"), output);

  const SystemClock clock;
  bool has_reported = false;
  if (serves) return report(run_serve(line, clock), output);
  const auto asker = prompt::make_terminal_asker();
  const CommandContext context{.folders = line.folders,
                               .network = line.network,
                               .clock = clock,
                               .backend = [&line](const InterfaceName& interface) { return backend_for(line, interface); },
                               .print =
                                   [&](std::string_view text) {
                                     if (!line.json) output.write(fmt::format("{}\n", text));
                                   },
                               .report =
                                   [&](const JsonObject& document) {
                                     if (line.json) output.write(document.str() + "\n");
                                     has_reported = true;
                                   },
                               .asker = *asker,
                               .detect_public_ip = [] { return publicip::detect(publicip::quad9()); }};
  const Result<void> result = run(parsed.command->name, line, context);
  // Nothing to do, or the person said no.
  if (result && !has_reported) context.report(JsonObject().boolean("changed", false));
  return report(result, output);
}

}  // namespace
}  // namespace innernet::server

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return innernet::server::main(arguments);
}
