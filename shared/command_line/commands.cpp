#include "innernet/command_line/commands.hpp"

#include <unistd.h>

#include "innernet/machine/log.hpp"

namespace innernet::command_line {

Command with_json(Command command, bool& json) {
  if (command.runs_until_stopped) return command;
  command.define = [&json, define = std::move(command.define)](Definition& definition) {
    define(definition);
    definition.flag(0, "json", json, "Print the result as one JSON document");
  };
  return command;
}

int print(const Parsed& parsed) {
  Output out(parsed.to_stderr ? STDERR_FILENO : STDOUT_FILENO);
  out.write(parsed.text);
  return out.failure() == 0 ? parsed.exit_code : exit_code(Ending::kDone, out);
}

int exit_code(const Result<Ending>& ending, const Output& out) {
  if (!ending) log::error("{}", ending.error().message());
  if (out.failure() != 0) log::error("{}", Error::system(out.failure(), "writing to standard output").message());
  if (!ending || out.failure() != 0) return kExitFailure;
  switch (*ending) {
    case Ending::kDone:
      return kExitSuccess;
    case Ending::kGone:
      return kExitGone;
    case Ending::kIncomplete:
      return kExitIncomplete;
    case Ending::kFailed:
      break;
  }
  return kExitFailure;
}

}  // namespace innernet::command_line
