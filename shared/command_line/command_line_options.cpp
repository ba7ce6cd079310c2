#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "innernet/command_line/command_line.hpp"
#include "innernet/command_line/completions.hpp"

namespace innernet::command_line {

void Definition::argument(Argument argument) { arguments_.push_back(std::move(argument)); }

void Definition::argument(std::string_view name, std::string_view sentence, Take take) {
  arguments_.push_back({name, sentence, true, std::move(take)});
}

void Definition::optional_argument(std::string_view name, std::string_view sentence, Take take) {
  arguments_.push_back({name, sentence, false, std::move(take)});
}

void Definition::flag(char letter, std::string_view name, bool& target, std::string_view sentence) {
  const auto take = [&target](std::string_view) -> Result<void> {
    target = true;
    return {};
  };
  options_.push_back({.letter = letter, .name = name, .placeholder = {}, .sentence = sentence, .take = take});
}

void Definition::counter(char letter, std::string_view name, int& target, std::string_view sentence) {
  const auto take = [&target](std::string_view) -> Result<void> {
    ++target;
    return {};
  };
  options_.push_back({.letter = letter, .name = name, .placeholder = {}, .sentence = sentence, .take = take});
}

void Definition::option(Option option) { options_.push_back(std::move(option)); }

void Definition::option(char letter, std::string_view name, std::string_view placeholder, Take take, std::string_view sentence) {
  options_.push_back({.letter = letter, .name = name, .placeholder = placeholder, .sentence = sentence, .take = std::move(take)});
}

void Definition::conflict(std::string_view one, std::string_view other) { conflicts_.emplace_back(one, other); }

void Definition::needs(std::string_view one, std::string_view other) { needs_.emplace_back(one, other); }

Result<InterfaceName> parse_interface(std::string_view text) {
  if (!Hostname::parse(text)) {
    return invalid_input(
        fmt::format("{} is not the name of a network: lower case letters, digits and single dashes between them, at most 15, like evilcorp",
                    quoted(text)));
  }
  return InterfaceName::parse(text);
}

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return invalid_input(fmt::format("{} is not a number from {} to {}", quoted(text), least, most));
  return value;
}

Result<bool> parse_true_or_false(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return invalid_input(fmt::format("{} is neither true nor false", quoted(text)));
}

namespace {

Result<std::filesystem::path> parse_path(std::string_view text) {
  if (text.empty()) return invalid_input("the path is empty");
  return std::filesystem::path(text);
}

}  // namespace

Take into_text(std::optional<std::string>& target) {
  return into(target, [](std::string_view text) -> Result<std::string> { return std::string(text); });
}

Take into_path(std::filesystem::path& target) { return into(target, parse_path); }

Take into_path(std::optional<std::filesystem::path>& target) { return into(target, parse_path); }

void define_general(Definition& definition, GeneralOptions& general) {
  Folders& folders = general.folders;
  NetworkOptions& network = general.network;
  definition.option('c', "config-dir", "DIR", into_path(folders.config), "Where the configs are");
  definition.option('d', "data-dir", "DIR", into_path(folders.data), "Where the data is kept");
  definition.flag(0, "no-routing", network.no_routing, "Don't set the route to the network; something else does");
  definition.option({.letter = 0,
                     .name = "backend",
                     .placeholder = "BACKEND",
                     .sentence = "Which WireGuard to use; without, what there is",
                     .take = into(network.backend, wg::parse_backend_kind),
                     .choices = {"kernel", "userspace"}});
  definition.option(0, "mtu", "N", into_number(network.mtu, 576, 65535), "MTU of the interface in bytes, 576 to 65535 (1280)");
}

void define_verbose(Definition& definition, int& verbosity) {
  definition.counter('v', "verbose", verbosity, "Say more; -vv says everything");
}

void define_hosts(Definition& definition, HostsOptions& hosts) {
  definition.option(0, "hosts-path", "PATH", into_path(hosts.path), "The hosts file to keep the names of peers in (/etc/hosts)");
  const auto dont_write = [&hosts](std::string_view) -> Result<void> {
    hosts.write = false;
    return {};
  };
  definition.option(
      {.letter = 0, .name = "no-write-hosts", .placeholder = {}, .sentence = "Leave every hosts file alone", .take = dont_write});
  definition.option(0, "host-suffix", "S", into_text(hosts.suffix), "Names end in .S instead of .INTERFACE.wg; empty: in nothing");
  definition.conflict("hosts-path", "no-write-hosts");
}

void define_interface(Definition& definition, OfNetwork& options) {
  definition.argument("INTERFACE", "The network", into(options.given, parse_interface));
}

void define_yes(Definition& definition, bool& yes) { definition.flag(0, "yes", yes, "Don't ask whether to go ahead"); }

Command completions_command() {
  const auto shell = std::make_shared<Shell>();
  return {.name = "completions",
          .aliases = {},
          .sentence = "Print the completions for a shell.",
          .example = "completions bash",
          .define =
              [shell](Definition& definition) {
                definition.explain(
                    "Packages install them. Otherwise, put what is printed where the shell looks for it: for bash a file in "
                    "/etc/bash_completion.d, for zsh a file in a folder of $fpath whose name is an underscore and the program's name, for "
                    "fish a file in ~/.config/fish/completions; have elvish's rc.elv and PowerShell's profile evaluate it.");
                definition.explain("Networks are completed by the names of the files in the config folder, where those may be read.");
                definition.argument({.name = "SHELL",
                                     .sentence = "Which shell",
                                     .required = true,
                                     .take = into(*shell, parse_shell),
                                     .choices = {"bash", "elvish", "fish", "powershell", "zsh"}});
              },
          .answer = [shell](const Program& program) { return completions(program, *shell); }};
}

namespace {

ValueKind kind_of_value(std::string_view placeholder, bool has_choices) {
  if (has_choices) return ValueKind::kChoice;
  if (placeholder == "INTERFACE") return ValueKind::kNetwork;
  if (placeholder == "DIR") return ValueKind::kFolder;
  if (placeholder == "FILE" || placeholder == "PATH" || placeholder == "INVITE") return ValueKind::kFile;
  return ValueKind::kText;
}

}  // namespace

ValueKind kind_of(const Option& option) { return kind_of_value(option.placeholder, !option.choices.empty()); }

ValueKind kind_of(const Argument& argument) { return kind_of_value(argument.name, !argument.choices.empty()); }

DefinedProgram define_all(const Program& program) {
  DefinedProgram out{.program = program, .general = {}, .commands = {}};
  program.define_general(out.general);
  for (const Command& command : program.commands) {
    DefinedCommand& defined = out.commands.emplace_back(DefinedCommand{&command, {}});
    command.define(defined.own);
  }
  return out;
}

char letter_with(const Option& general, const Definition& own) {
  const bool hidden = std::ranges::find(own.options(), general.letter, &Option::letter) != own.options().end();
  return hidden ? char{0} : general.letter;
}

}  // namespace innernet::command_line
