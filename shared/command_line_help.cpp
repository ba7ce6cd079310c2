#include "command_line_help.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace innernet::command_line {
namespace {

constexpr std::size_t kColumn = 34;  // where the sentences start

void append_row(std::string& out, const std::string& left, std::string_view sentence) {
  if (left.size() + 2 > kColumn)
    out += fmt::format("{}\n{:{}}{}\n", left, "", kColumn, sentence);
  else
    out += fmt::format("{:<{}}{}\n", left, kColumn, sentence);
}

void append_option(std::string& out, const Option& option, char letter) {
  std::string left = letter == 0 ? "      " : fmt::format("  -{}, ", letter);
  left += fmt::format("--{}{}{}", option.name, option.placeholder.empty() ? "" : " ", option.placeholder);
  std::string sentence(option.sentence);
  if (!option.choices.empty()) sentence += fmt::format(" ({})", fmt::join(option.choices, ", "));
  if (option.repeatable) sentence += " (repeatable)";
  append_row(out, left, sentence);
}

void append_general(std::string& out, const Definition& general, const Definition* own) {
  out += "\nGeneral options, before or after the command:\n";
  for (const Option& option : general.options()) {
    const bool hidden =
        own != nullptr && option.letter != 0 && std::ranges::find(own->options(), option.letter, &Option::letter) != own->options().end();
    append_option(out, option, hidden ? char{0} : option.letter);
  }
  append_row(out, "  -h, --help", "Show this help");
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0U : 1U);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::string program_help(const Program& program, const Definition& general) {
  std::string out = fmt::format("{}\n\nUsage: {} [OPTIONS] {}\n\nCommands:\n", program.sentence, program.name,
                                program.default_command.empty() ? "COMMAND" : "[COMMAND]");
  for (const Command& command : program.commands) {
    std::string sentence(command.sentence);
    if (!command.aliases.empty()) sentence += fmt::format(" (also: {})", fmt::join(command.aliases, ", "));
    if (command.name == program.default_command) sentence += " (when no command is named)";
    append_row(out, fmt::format("  {}", command.name), sentence);
  }
  append_row(out, "  help [COMMAND]", "Show this help, or that of a command");
  append_general(out, general, nullptr);
  append_row(out, "  -V, --version", "Show the version");
  return out;
}

std::string command_help(const Program& program, const Command& command, const Definition& own, const Definition& general) {
  std::string out = fmt::format("{}\n\nUsage: {} {}", command.sentence, program.name, command.name);
  for (const Argument& argument : own.arguments())
    out += argument.required ? fmt::format(" {}", argument.name) : fmt::format(" [{}]", argument.name);
  out += own.options().empty() ? "\n" : " [OPTIONS]\n";
  if (!command.aliases.empty()) out += fmt::format("Also:  {} {}\n", program.name, fmt::join(command.aliases, ", "));
  if (!own.arguments().empty()) out += "\nArguments:\n";
  for (const Argument& argument : own.arguments()) append_row(out, fmt::format("  {}", argument.name), argument.sentence);
  if (!own.options().empty()) out += "\nOptions:\n";
  for (const Option& option : own.options()) append_option(out, option, option.letter);
  append_general(out, general, &own);
  out += fmt::format("\nExample:\n  {} {}\n", program.name, command.example);
  return out;
}

std::string_view closest(std::string_view word, std::span<const std::string_view> names) {
  if (word.empty() || word.size() > 64) return {};
  std::string_view best;
  std::size_t best_distance = 3;  // more than two changes is another word
  for (const std::string_view name : names) {
    const bool abbreviates = word.size() >= 2 && name.starts_with(word) && word != "--";
    const std::size_t away = abbreviates ? 0 : distance(word, name);
    if (away < best_distance && away * 2 <= word.size()) {
      best = name;
      best_distance = away;
    }
  }
  return best;
}

}  // namespace innernet::command_line
