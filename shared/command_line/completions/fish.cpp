#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scripts.hpp"

namespace innernet::command_line {
namespace {

// fish tries each rule's condition by itself, so the conditions ask one function that reads the line.
constexpr std::string_view kScript = R"SCRIPT(# Completions of @program@ for fish: `@program@ completions fish` prints them.

function __@id@_takes_value --argument-names command option
    switch "$command $option"
@valueless@        case @valued@
            return 0
    end
    return 1
end

# Prints the folder of the configs, the command (an empty line: none yet) and the number of the argument that is being typed.
function __@id@_read_line
    set -l words (commandline -opc)
    set -l folder @folder@
    set -l command ''
    set -l position 1
    set -l pending ''
    set -l only_arguments no
    for word in $words[2..-1]
        if test -n "$pending"
            if contains -- $pending @config_spellings@
                set folder $word
            end
            set pending ''
        else if test $only_arguments = no; and test "$word" = --
            set only_arguments yes
        else if test $only_arguments = no; and string match -q -- '--*=*' $word
            if string match -q -- '--@config_option@=*' $word
                set folder (string replace -- '--@config_option@=' '' $word)
            end
        else if test $only_arguments = no; and string match -q -- '--*' $word
            if __@id@_takes_value "$command" $word
                set pending $word
            end
        else if test $only_arguments = no; and string match -q -- '-?*' $word
            set -l letters (string split '' (string sub -s 2 -- $word))
            for i in (seq (count $letters))
                if __@id@_takes_value "$command" -$letters[$i]
                    # What is left of the word is the value; with nothing left it is the next word.
                    if test $i = (count $letters)
                        set pending -$letters[$i]
                    else if contains -- -$letters[$i] @config_spellings@
                        set folder (string join '' $letters[(math $i + 1)..-1])
                    end
                    break
                end
            end
        else if test -z "$command"
            set command $word
        else
            set position (math $position + 1)
        end
    end
    string replace -r -- '^~/' "$HOME/" $folder
    printf '%s\n' "$command" $position
end

function __@id@_no_command
    set -l read (__@id@_read_line)
    test -z "$read[2]"
end

function __@id@_command # NAME...: one of these commands has been typed
    set -l read (__@id@_read_line)
    test -n "$read[2]"; and contains -- "$read[2]" $argv
end

function __@id@_argument # NUMBER NAME...: the argument of that number of one of these commands is being typed
    set -l read (__@id@_read_line)
    test -n "$read[2]"; and test "$read[3]" = $argv[1]; and contains -- "$read[2]" $argv[2..-1]
end

function __@id@_networks
    set -l read (__@id@_read_line)
    set -l files $read[1]/*.conf
    for file in $files
        string replace -r -- '.*/(.*)\.conf$' '$1' $file
    end | string match -r -- '^[a-z0-9][a-z0-9-]*$'
end

complete -c @program@ -f
@rules@)SCRIPT";

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string values(ValueKind kind, const std::vector<std::string_view>& choices, std::string_view id) {
  switch (kind) {
    case ValueKind::kChoice:
      return fmt::format(" -a '{}'", fmt::join(choices, " "));
    case ValueKind::kFile:
      return " -F";
    case ValueKind::kFolder:
      return " -a '(__fish_complete_directories)'";
    case ValueKind::kNetwork:
      return fmt::format(" -a '(__{}_networks)'", id);
    case ValueKind::kText:
      break;
  }
  return "";
}

std::string option_rule(const DefinedProgram& program, const std::string& condition, const OfferedOption& offered) {
  const Option& option = *offered.option;
  std::string out = fmt::format("complete -c {} -n '{}'", program.program.name, condition);
  if (offered.letter != 0) out += fmt::format(" -s {}", offered.letter);
  out += fmt::format(" -l {}", option.name);
  if (!option.placeholder.empty()) {
    const ValueKind kind = kind_of(option);
    out += kind == ValueKind::kFile ? " -r" : " -x";
    out += values(kind, option.choices, identifier(program.program.name));
  }
  return out + fmt::format(" -d {}\n", in_quotes(option.sentence));
}

std::vector<std::string_view> all_names(const Command& command) {
  std::vector<std::string_view> out{command.name};
  out.insert(out.end(), command.aliases.begin(), command.aliases.end());
  return out;
}

std::string rules(const DefinedProgram& program) {
  const std::string id = identifier(program.program.name);
  std::string out;
  const std::string first = fmt::format("__{}_no_command", id);
  const std::string behind_help = fmt::format("__{}_argument 1 help", id);
  for (const OfferedCommand& command : offered_commands(program))
    for (const std::string& condition : {first, behind_help})
      out +=
          fmt::format("complete -c {} -n '{}' -a {} -d {}\n", program.program.name, condition, command.name, in_quotes(command.sentence));
  for (const OfferedOption& option : offered_before_the_command(program)) out += option_rule(program, first, option);
  for (const DefinedCommand& defined : program.commands) {
    const std::string names = fmt::format("{}", fmt::join(all_names(*defined.command), " "));
    out += '\n';
    const std::vector<Argument>& arguments = defined.own.arguments();
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string what = values(kind_of(arguments[i]), arguments[i].choices, id);
      if (!what.empty()) out += fmt::format("complete -c {} -n '__{}_argument {} {}'{}\n", program.program.name, id, i + 1, names, what);
    }
    for (const OfferedOption& option : offered_with(program, defined.own))
      out += option_rule(program, fmt::format("__{}_command {}", id, names), option);
  }
  return out;
}

}  // namespace

std::string fish_script(const DefinedProgram& program) {
  std::string valueless;
  std::vector<std::string> valued;
  // A flag of a command hides a general option with its letter, so the flags are looked at first.
  for (const DefinedCommand& defined : program.commands)
    for (const std::string_view name : all_names(*defined.command))
      for (const Option& option : defined.own.options()) {
        if (option.placeholder.empty()) {
          if (option.letter != 0) valueless += fmt::format("        case '{} -{}'\n            return 1\n", name, option.letter);
          continue;
        }
        for (const std::string& word : spellings(option, option.letter)) valued.push_back(fmt::format("'{} {}'", name, word));
      }
  std::vector<std::string> config_spellings;
  for (const Option& option : program.general.options()) {
    if (option.placeholder.empty()) continue;
    const std::vector<std::string> words = spellings(option, option.letter);
    for (const std::string& word : words) valued.push_back(fmt::format("'* {}'", word));
    if (option.name == kConfigFolderOption) config_spellings = words;
  }
  return filled_in(kScript, {{"@program@", program.program.name},
                             {"@id@", identifier(program.program.name)},
                             {"@folder@", program.program.config_folder},
                             {"@config_option@", kConfigFolderOption},
                             {"@config_spellings@", fmt::format("{}", fmt::join(config_spellings, " "))},
                             {"@valueless@", valueless},
                             {"@valued@", fmt::format("{}", fmt::join(valued, " "))},
                             {"@rules@", rules(program)}});
}

}  // namespace innernet::command_line
