#include <fmt/format.h>

#include "scripts.hpp"

namespace innernet::command_line {
namespace {

constexpr std::string_view kScript = R"SCRIPT(# Completions of @program@ for elvish: `@program@ completions elvish` prints them.
use str

set edit:completion:arg-completer[@program@] = {|@words|
  var names = [
@names@  ]
  var canonical = [
@canonical@  ]
  var options = [
@options@  ]
  # What the value of an option is, or the argument of a number.
  var kinds = [
@kinds@  ]
  var command = ''
  var position = (num 1)
  var pending = ''
  for word $words[1..-1] {
    if (not-eq $pending '') {
      set pending = ''
    } elif (str:has-prefix $word --) {
      if (has-key $kinds $command' '$word) { set pending = $word }
    } elif (and (str:has-prefix $word -) (not-eq $word -)) {
      if (has-key $kinds $command' -'$word[-1]) { set pending = -$word[-1] }
    } elif (eq $command '') {
      set command = $word
      if (has-key $canonical $word) { set command = $canonical[$word] }
    } else {
      set position = (+ $position 1)
    }
  }
  var last = $words[-1]
  var key = $command' '(to-string $position)
  if (not-eq $pending '') { set key = $command' '$pending }
  if (and (eq $pending '') (str:has-prefix $last -)) {
    if (has-key $options $command) {
      for option $options[$command] { edit:complex-candidate $option[0] &display=$option[0]' ('$option[1]')' }
    }
  } elif (and (eq $pending '') (eq $command '')) {
    for name $names { edit:complex-candidate $name[0] &display=$name[0]' ('$name[1]')' }
  } elif (has-key $kinds $key) {
    var kind = $kinds[$key]
    if (eq $kind[0] file) { edit:complete-filename $last } else { all $kind[1..] }
  }
}
)SCRIPT";

std::string in_quotes(std::string_view text) { return "'" + doubled(text, "'") + "'"; }

void append_kind(std::string& out, std::string_view command, const std::string& word, ValueKind kind,
                 const std::vector<std::string_view>& choices) {
  std::string values = kind == ValueKind::kFile || kind == ValueKind::kFolder ? "file" : "text";
  if (kind == ValueKind::kChoice) values = "choice";
  for (const std::string_view choice : choices) values += fmt::format(" {}", choice);
  out += fmt::format("    &'{} {}'=[{}]\n", command, word, values);
}

void append_options(std::string& options, std::string& kinds, std::string_view command, const std::vector<OfferedOption>& offered) {
  options += fmt::format("    &'{}'=[\n", command);
  for (const auto& [option, letter] : offered)
    for (const std::string& word : spellings(*option, letter)) {
      options += fmt::format("      [{} {}]\n", word, in_quotes(option->sentence));
      if (!option->placeholder.empty()) append_kind(kinds, command, word, kind_of(*option), option->choices);
    }
  options += "    ]\n";
}

}  // namespace

std::string elvish_script(const DefinedProgram& program) {
  std::string names;
  std::string canonical;
  std::string options;
  std::string kinds;
  std::vector<std::string_view> of_help;
  for (const OfferedCommand& command : offered_commands(program)) {
    names += fmt::format("    [{} {}]\n", command.name, in_quotes(command.sentence));
    of_help.push_back(command.name);
  }
  append_options(options, kinds, "", offered_before_the_command(program));
  for (const DefinedCommand& defined : program.commands) {
    for (const std::string_view alias : defined.command->aliases) canonical += fmt::format("    &{}={}\n", alias, defined.command->name);
    append_options(options, kinds, defined.command->name, offered_with(program, defined.own));
    const std::vector<Argument>& arguments = defined.own.arguments();
    for (std::size_t i = 0; i < arguments.size(); ++i)
      append_kind(kinds, defined.command->name, std::to_string(i + 1), kind_of(arguments[i]), arguments[i].choices);
  }
  append_kind(kinds, "help", "1", ValueKind::kChoice, of_help);
  if (canonical.empty()) canonical = "    &\n";
  return filled_in(
      kScript,
      {{"@program@", program.program.name}, {"@names@", names}, {"@canonical@", canonical}, {"@options@", options}, {"@kinds@", kinds}});
}

}  // namespace innernet::command_line
