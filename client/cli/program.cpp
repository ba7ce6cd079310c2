#include "program.hpp"

#include "commands/commands.hpp"

namespace innernet::client {

CommandLine command_line_of_innernet() {
#define INNERNET_ROW(name) name##_command(),
  return CommandLine({.name = "innernet",
                      .sentence = "The client of innernet: private networks on WireGuard whose access control is CIDRs.",
                      .version = INNERNET_VERSION,
                      .default_command = "show",
                      .config_folder = "/etc/innernet"},
                     Folders::of_client(),
                     [](Definition& definition, command_line::GeneralOptions& general) {
                       command_line::define_general(definition, general);
                       command_line::define_verbose(definition, general.verbosity);
                     },
                     {INNERNET_CLIENT_COMMANDS(INNERNET_ROW)});
#undef INNERNET_ROW
}

log::Level log_level(int verbosity) {
  if (verbosity > 1) return log::Level::kTrace;
  return verbosity == 1 ? log::Level::kDebug : log::Level::kInfo;
}

}  // namespace innernet::client
