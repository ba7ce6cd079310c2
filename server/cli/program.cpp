#include "program.hpp"

#include "commands/commands.hpp"

namespace innernet::server {

CommandLine command_line_of_innernet_server() {
#define INNERNET_ROW(name) name##_command(),
  return CommandLine({.name = "innernet-server",
                      .sentence = "Coordinates innernet networks: WireGuard networks whose access control is CIDRs.",
                      .version = INNERNET_VERSION,
                      .config_folder = "/etc/innernet-server"},
                     Folders::of_server(), command_line::define_general, {INNERNET_SERVER_COMMANDS(INNERNET_ROW)});
#undef INNERNET_ROW
}

log::Level default_log_level(const command_line::Command& command) {
  return command.runs_until_stopped ? log::Level::kInfo : log::Level::kWarning;
}

}  // namespace innernet::server
