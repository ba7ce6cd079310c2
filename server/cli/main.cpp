#include <unistd.h>

#include <csignal>
#include <string_view>
#include <vector>

#include "innernet/command_line/terminal.hpp"
#include "innernet/machine/privileges.hpp"
#include "innernet/prompt/terminal_asker.hpp"
#include "innernet/publicip/publicip.hpp"
#include "innernet/wireguard/backend.hpp"
#include "program.hpp"

namespace innernet::server {
namespace {

using command_line::Ending;

Result<Ending> run_in_the_world(const CommandLine& line, const command_line::Command& command, Output& out) {
  if (!may_change_networks()) return fail(ErrorKind::kPermission, "innernet-server must run as root: try sudo");
  const SystemClock clock;
  const auto notice = [](std::string_view text) { log::info("{}", text); };
  const std::unique_ptr<prompt::Asker> asker = prompt::make_terminal_asker();
  command_line::Context context{
      .general = line.general(),
      .clock = clock,
      .out = out,
      .asker = *asker,
      .backend = [&](const InterfaceName& name) { return wg::choose_backend(line.general().network.backend, name, notice); },
      .detect_public_ip = [] { return publicip::detect(publicip::quad9()).preferred(); },
      .tell_unchanged = [&] { context.print("Nothing was changed."); },
  };
  return line.run(command, context);
}

int main(const std::vector<std::string_view>& arguments) {
  keep_memory_private();
  open_missing_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of that write, not the end of the program
  if (command_line::asks_for_version(arguments))
    return command_line::print({.text = command_line::version_text("innernet-server", INNERNET_VERSION)});
  CommandLine line = command_line_of_innernet_server();
  const command_line::Parsed parsed = line.parse(arguments);
  if (parsed.command == nullptr) return command_line::print(parsed);

  log::set_level(log::level_from_environment(default_log_level(*parsed.command)));
  Output out(STDOUT_FILENO);
  return command_line::exit_code(run_in_the_world(line, *parsed.command, out), out);
}

}  // namespace
}  // namespace innernet::server

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return innernet::server::main(arguments);
}
