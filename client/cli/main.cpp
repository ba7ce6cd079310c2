#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>
#include <vector>

#include "cli.hpp"
#include "dispatch.hpp"
#include "innernet/command_line/terminal.hpp"

namespace {

using namespace innernet;

int print(std::string_view text, bool to_stderr, int exit_code) {
  Output out(to_stderr ? STDERR_FILENO : STDOUT_FILENO);
  out.write(text);
  if (out.failure() == 0) return exit_code;
  ::perror("[E] writing to standard output");
  return command_line::kExitFailure;
}

}  // namespace

int main(int argc, char** argv) {
  open_missing_standard_streams();
  // A reader of our output that goes away must not end a command in the middle of its work.
  std::signal(SIGPIPE, SIG_IGN);
  // Nothing that is made here is for others, unless a mode says so.
  ::umask(0077);

  const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (command_line::asks_for_version(arguments))
    return print(command_line::version_text("innernet", INNERNET_VERSION), false, command_line::kExitSuccess);
  const client::Invocation invocation = client::parse_command_line(arguments);
  if (std::holds_alternative<std::monostate>(invocation.command)) return print(invocation.text, invocation.to_stderr, invocation.exit_code);
  return client::dispatch(invocation);
}
