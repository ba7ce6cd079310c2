#include <fmt/format.h>

#include "scripts.hpp"

namespace innernet::command_line {
namespace {

// @{} ignores case, and -v is not -V; a Hashtable that is made by its constructor does not.
constexpr std::string_view kScript = R"SCRIPT(# Completions of @program@ for PowerShell: `@program@ completions powershell` prints them.

Register-ArgumentCompleter -Native -CommandName '@program@' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $names = @(
@names@    )
    $canonical = [System.Collections.Hashtable]::new()
@canonical@    $options = [System.Collections.Hashtable]::new()
@options@    # What the value of an option is, or the argument of a number.
    $kinds = [System.Collections.Hashtable]::new()
@kinds@
    $command = ''
    $position = 1
    $pending = ''
    $elements = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    foreach ($element in $elements) {
        $word = $element.ToString()
        if ($pending -cne '') {
            $pending = ''
        } elseif ($word.StartsWith('--')) {
            if ($kinds.ContainsKey("$command $word")) { $pending = $word }
        } elseif ($word.StartsWith('-') -and $word.Length -gt 1) {
            $letter = '-' + $word[-1]
            if ($kinds.ContainsKey("$command $letter")) { $pending = $letter }
        } elseif ($command -ceq '') {
            $command = if ($canonical.ContainsKey($word)) { $canonical[$word] } else { $word }
        } else {
            $position++
        }
    }

    $candidates = @()
    if ($pending -ceq '' -and $wordToComplete.StartsWith('-')) {
        if ($options.ContainsKey($command)) { $candidates = $options[$command] }
    } elseif ($pending -ceq '' -and $command -ceq '') {
        $candidates = $names
    } else {
        $key = if ($pending -cne '') { "$command $pending" } else { "$command $position" }
        if (-not $kinds.ContainsKey($key)) { return }
        if ($kinds[$key][0] -ceq 'file') {
            return [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
        }
        $candidates = @($kinds[$key] | Select-Object -Skip 1 | ForEach-Object { , @($_, $_) })
    }
    foreach ($candidate in $candidates) {
        if ($candidate[0].StartsWith($wordToComplete, [System.StringComparison]::Ordinal)) {
            [System.Management.Automation.CompletionResult]::new($candidate[0], $candidate[0], 'ParameterValue', $candidate[1])
        }
    }
}
)SCRIPT";

std::string in_quotes(std::string_view text) { return "'" + doubled(text, "'") + "'"; }

void append_kind(std::string& out, std::string_view command, const std::string& word, ValueKind kind,
                 const std::vector<std::string_view>& choices) {
  std::string values = "'text'";
  if (kind == ValueKind::kFile || kind == ValueKind::kFolder) values = "'file'";
  if (kind == ValueKind::kChoice) values = "'choice'";
  for (const std::string_view choice : choices) values += fmt::format(", '{}'", choice);
  out += fmt::format("    $kinds['{} {}'] = @({})\n", command, word, values);
}

void append_options(std::string& options, std::string& kinds, std::string_view command, const std::vector<OfferedOption>& offered) {
  options += fmt::format("    $options['{}'] = @(\n", command);
  bool is_first = true;
  for (const auto& [option, letter] : offered)
    for (const std::string& word : spellings(*option, letter)) {
      options += fmt::format("{}        @('{}', {})", is_first ? "" : ",\n", word, in_quotes(option->sentence));
      is_first = false;
      if (!option->placeholder.empty()) append_kind(kinds, command, word, kind_of(*option), option->choices);
    }
  options += "\n    )\n";
}

}  // namespace

std::string powershell_script(const DefinedProgram& program) {
  std::string names;
  std::string canonical;
  std::string options;
  std::string kinds;
  std::vector<std::string_view> of_help;
  for (const OfferedCommand& command : offered_commands(program)) {
    names += fmt::format("{}        @('{}', {})", names.empty() ? "" : ",\n", command.name, in_quotes(command.sentence));
    of_help.push_back(command.name);
  }
  names += '\n';
  append_options(options, kinds, "", offered_before_the_command(program));
  for (const DefinedCommand& defined : program.commands) {
    for (const std::string_view alias : defined.command->aliases)
      canonical += fmt::format("    $canonical['{}'] = '{}'\n", alias, defined.command->name);
    append_options(options, kinds, defined.command->name, offered_with(program, defined.own));
    const std::vector<Argument>& arguments = defined.own.arguments();
    for (std::size_t i = 0; i < arguments.size(); ++i)
      append_kind(kinds, defined.command->name, std::to_string(i + 1), kind_of(arguments[i]), arguments[i].choices);
  }
  append_kind(kinds, "help", "1", ValueKind::kChoice, of_help);
  return filled_in(
      kScript,
      {{"@program@", program.program.name}, {"@names@", names}, {"@canonical@", canonical}, {"@options@", options}, {"@kinds@", kinds}});
}

}  // namespace innernet::command_line
