#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/hostname.hpp"
#include "innernet/values/options.hpp"

namespace innernet::command_line {

// Commands, arguments and options as data: the parser, the help texts and shell completions are made from one table, and only the named
// command's part of it is ever built.

/// Parses one value at the door and keeps it. Its error becomes a usage error behind the option's name.
using Take = std::function<Result<void>(std::string_view)>;

/// A positional argument.
struct Argument {
  std::string_view name;  ///< in capitals, as the usage line shows it
  std::string_view sentence;
  bool required = true;
  Take take;
  std::vector<std::string_view> choices = {};  ///< the only values that `take` accepts
};

struct Option {
  char letter = 0;               ///< 0: none. A command's letter hides the same letter of a general option.
  std::string_view name;         ///< long name without dashes
  std::string_view placeholder;  ///< in capitals; empty: a flag
  std::string_view sentence;
  Take take;                                   ///< a flag's is called with "" each time it is given
  bool repeatable = false;                     ///< a value option that is not is given at most once
  std::vector<std::string_view> choices = {};  ///< the only values that `take` accepts, for help and completions
};

/// What one command takes, bound to the struct that it fills.
class Definition {
 public:
  /// A paragraph for the help and the manual, behind the command's sentence: what is worth knowing beyond it.
  void explain(std::string_view paragraph) { paragraphs_.push_back(paragraph); }
  void argument(Argument argument);
  void argument(std::string_view name, std::string_view sentence, Take take);
  void optional_argument(std::string_view name, std::string_view sentence, Take take);
  void flag(char letter, std::string_view name, bool& target, std::string_view sentence);
  void counter(char letter, std::string_view name, int& target, std::string_view sentence);
  void option(Option option);
  void option(char letter, std::string_view name, std::string_view placeholder, Take take, std::string_view sentence);
  /// Giving both is a usage error.
  void conflict(std::string_view one, std::string_view other);
  /// Giving `one` without `other` is a usage error.
  void needs(std::string_view one, std::string_view other);

  const std::vector<std::string_view>& paragraphs() const { return paragraphs_; }
  const std::vector<Argument>& arguments() const { return arguments_; }
  const std::vector<Option>& options() const { return options_; }
  const std::vector<std::pair<std::string_view, std::string_view>>& conflicts() const { return conflicts_; }
  const std::vector<std::pair<std::string_view, std::string_view>>& needs() const { return needs_; }

 private:
  std::vector<std::string_view> paragraphs_;
  std::vector<Argument> arguments_;
  std::vector<Option> options_;
  std::vector<std::pair<std::string_view, std::string_view>> conflicts_;
  std::vector<std::pair<std::string_view, std::string_view>> needs_;
};

struct Program;

struct Command {
  std::string_view name;
  std::vector<std::string_view> aliases = {};
  std::string_view sentence;
  std::string_view example;  ///< without the program's name
  std::function<void(Definition&)> define = {};
  /// For a command whose whole work is a text about its own program: parse() answers it.
  std::function<std::string(const Program&)> answer = {};
  /// A service: it has no result that --json could print, and logs what it does.
  bool runs_until_stopped = false;
};

struct Program {
  std::string_view name;
  std::string_view sentence;
  std::string_view version;
  std::function<void(Definition&)> define_general = {};  ///< options that may stand before the command, too
  std::vector<Command> commands = {};
  std::string_view default_command = {};  ///< when none is named; empty: help on stderr and exit 2
  std::string_view config_folder = {};    ///< where --config-dir points without it: the files there are the installed networks
};

constexpr int kExitSuccess = 0;
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitGone = 3;  // RestartPreventExitStatus= of the units
constexpr int kExitIncomplete = 4;

/// What is to be done with a command line.
struct Parsed {
  const Command* command = nullptr;  ///< run it; null: print `text` and exit
  std::string text;                  ///< ends with a newline
  bool to_stderr = false;
  int exit_code = kExitSuccess;
};

/// Reads `arguments` (without argv[0]) and calls the `take`s of the named command's definition.
Parsed parse(const Program& program, std::span<const std::string_view> arguments);

/// True when --version or -V is the first argument: answered before anything else is built.
bool asks_for_version(std::span<const std::string_view> arguments);
std::string version_text(std::string_view program, std::string_view version);

/// The name of a command that is close to `word`: its continuation, or a few letters off. Empty when none is.
std::string_view closest(std::string_view word, std::span<const std::string_view> names);

// Takes for the values that both programs have. Each fails with kInvalidInput and shows the input.

/// INTERFACE: a hostname that can name an interface.
Result<InterfaceName> parse_interface(std::string_view text);
/// A decimal number without sign or spaces in [least, most].
Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);
/// `true` or `false`.
Result<bool> parse_true_or_false(std::string_view text);

/// into(target, parse): keeps what `parse` makes of the text.
template <class Target, class Parse>
Take into(Target& target, Parse parse) {
  return [&target, parse = std::move(parse)](std::string_view text) -> Result<void> {
    TRY(auto value, parse(text));
    target = std::move(value);
    return {};
  };
}
template <class Number>
Take into_number(Number& target, std::uint64_t least, std::uint64_t most) {
  return into(target, [least, most](std::string_view text) -> Result<Number> {
    TRY(const std::uint64_t value, parse_number(text, least, most));
    return static_cast<Number>(value);
  });
}
Take into_text(std::optional<std::string>& target);
Take into_path(std::filesystem::path& target);
Take into_path(std::optional<std::filesystem::path>& target);

// Options that several commands of both programs have, in the words of the manual.

/// What may be said with every command.
struct GeneralOptions {
  Folders folders;
  NetworkOptions network;
  int verbosity = 0;  ///< 1: debug, 2: trace
  bool json = false;  ///< print one JSON document instead of text for people
};
/// -c, -d, --no-routing, --backend, --mtu (576 to 65535).
void define_general(Definition& definition, GeneralOptions& general);
/// -v, counted.
void define_verbose(Definition& definition, int& verbosity);
/// --hosts-path or --no-write-hosts, --host-suffix.
void define_hosts(Definition& definition, HostsOptions& hosts);
/// For the commands that are about one network.
struct OfNetwork {
  std::optional<InterfaceName> given;  // a name has no empty value; the parser always gives one

  const InterfaceName& interface() const { return *given; }
};
/// INTERFACE
void define_interface(Definition& definition, OfNetwork& options);
/// --yes
void define_yes(Definition& definition, bool& yes);

/// `completions SHELL`: prints what completions.hpp makes.
Command completions_command();

/// What a value is, by its placeholder or the argument's name: how shells complete it.
enum class ValueKind { kText, kChoice, kFile, kFolder, kNetwork };
ValueKind kind_of(const Option& option);
ValueKind kind_of(const Argument& argument);

/// A program's table with every definition made, for texts about all of it. The takes in it must not be called: the commands may share what
/// they fill.
struct DefinedCommand {
  const Command* command;
  Definition own;
};
struct DefinedProgram {
  const Program& program;
  Definition general;
  std::vector<DefinedCommand> commands;
};
DefinedProgram define_all(const Program& program);
DefinedProgram define_all(const Program&& program) = delete;  // it is referred to
/// The letter of a general option with a command: 0 when the command uses it itself.
char letter_with(const Option& general, const Definition& own);

}  // namespace innernet::command_line
