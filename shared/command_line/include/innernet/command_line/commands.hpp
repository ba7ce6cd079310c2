#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "innernet/command_line/command_line.hpp"
#include "innernet/command_line/context.hpp"

namespace innernet::command_line {

// How both programs have their commands: a command is a file with its options, what defines them and what runs on them, and a row in the
// program's table that names it. `World` is the program's Context.

/// A command with what runs it, once its definition has been filled.
template <class World>
struct Row {
  Command command;
  std::function<Result<Ending>(World&)> run;
};

/// `command` lacks its definition: `define` makes it. `run` gets the options that were given. An error that it returns is not logged yet.
template <class Options, class World>
Row<World> row(Command command, void (*define)(Definition&, Options&), Result<Ending> (*run)(const Options&, World&)) {
  const auto options = std::make_shared<Options>();
  command.define = [options, define](Definition& definition) { define(definition, *options); };
  return {std::move(command), [options, run](World& world) { return run(*options, world); }};
}

/// A program's command line: its table of commands, and what was said with every command.
template <class World>
class CommandLine {
 public:
  /// `program` lacks its commands and its general options. `completions` follows the rows. `define` may define fewer of the general options
  /// than there are.
  CommandLine(Program program, const Folders& folders, void (*define)(Definition&, GeneralOptions&), std::vector<Row<World>> rows)
      : general_{.folders = folders, .network = {}}, program_(std::move(program)) {
    program_.define_general = [this, define](Definition& definition) { define(definition, general_); };
    for (Row<World>& row : rows) {
      program_.commands.push_back(with_json(std::move(row.command), general_.json));
      runs_.push_back(std::move(row.run));
    }
    program_.commands.push_back(completions_command());
  }
  CommandLine(const CommandLine&) = delete;  // its definitions fill general_
  CommandLine& operator=(const CommandLine&) = delete;

  const Program& program() const { return program_; }
  const GeneralOptions& general() const { return general_; }

  /// Fills what the arguments say. Once.
  Parsed parse(std::span<const std::string_view> arguments) const { return command_line::parse(program_, arguments); }

  /// Runs a command that parse() gave. With --json it prints one document if it is done; when there was nothing to do or the person said
  /// no, that is `{"changed":false}`.
  Result<Ending> run(const Command& command, World& world) const {
    TRY(const Ending ending, runs_.at(static_cast<std::size_t>(&command - program_.commands.data()))(world));
    if (ending == Ending::kDone && !world.has_reported) world.report(JsonObject().boolean("changed", false));
    return ending;
  }

 private:
  GeneralOptions general_;
  Program program_;
  std::vector<std::function<Result<Ending>(World&)>> runs_;
};

/// `command` with --json, unless it has no result.
Command with_json(Command command, bool& json);

/// Prints what a command line asked for that runs nothing; the exit code of the process.
int print(const Parsed& parsed);
/// Logs why a command failed, here and only here, or that its output was not all written; the exit code of the process.
int exit_code(const Result<Ending>& ending, const Output& out);

}  // namespace innernet::command_line
