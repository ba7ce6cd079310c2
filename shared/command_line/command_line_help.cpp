#include "command_line_help.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace innernet::command_line {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kCommandColumn = 26;  // where the sentences of commands start
constexpr std::size_t kOptionColumn = 32;   // and those of options

void append_row(std::string& out, std::size_t column, const std::string& left, std::string_view sentence) {
  const std::string text = filled(sentence, column);
  if (left.size() + 2 > column)
    out += fmt::format("{}\n{:{}}{}\n", left, "", column, text);
  else
    out += fmt::format("{:<{}}{}\n", left, column, text);
}

void append_option(std::string& out, const Option& option, char letter) {
  std::string left = letter == 0 ? "      " : fmt::format("  -{}, ", letter);
  left += fmt::format("--{}{}{}", option.name, option.placeholder.empty() ? "" : " ", option.placeholder);
  append_row(out, kOptionColumn, left, whole_sentence(option));
}

void append_general(std::string& out, const Definition& general, const Definition* own) {
  out += "\nGeneral options, before or after the command:\n";
  for (const Option& option : general.options()) append_option(out, option, own != nullptr ? letter_with(option, *own) : option.letter);
  append_row(out, kOptionColumn, "  -h, --help", "Show this help");
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

std::string filled(std::string_view text, std::size_t indent, std::string_view line_end) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!out.empty()) {
      const bool fits = column + 1 + word.size() + (text.empty() ? 0 : line_end.size()) <= kWidth;
      out += fits ? " " : fmt::format("{}\n{:{}}", line_end, "", indent);
      column = fits ? column + 1 : indent;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string filled_command(std::string_view program, std::string_view command_line, std::size_t indent) {
  constexpr char kGlue = '\x01';
  std::string text(program);
  bool value_may_follow = false;
  while (!command_line.empty()) {
    const std::string_view word = command_line.substr(0, command_line.find(' '));
    command_line.remove_prefix(std::min(word.size() + 1, command_line.size()));
    text += value_may_follow && !word.starts_with('-') ? kGlue : ' ';
    text += word;
    value_may_follow = word.starts_with('-');
  }
  std::string out = filled(text, indent, " \\");
  std::ranges::replace(out, kGlue, ' ');
  return out;
}

std::string whole_sentence(const Option& option) {
  std::string sentence(option.sentence);
  if (!option.choices.empty()) sentence += fmt::format(" ({})", fmt::join(option.choices, ", "));
  if (option.repeatable) sentence += " (repeatable)";
  return sentence;
}

std::string usage(const Program& program, const Command& command, const Definition& own) {
  std::string out = fmt::format("{} {}", program.name, command.name);
  for (const Argument& argument : own.arguments())
    out += argument.required ? fmt::format(" {}", argument.name) : fmt::format(" [{}]", argument.name);
  if (!own.options().empty()) out += " [OPTIONS]";
  return out;
}

std::string program_help(const Program& program, const Definition& general) {
  std::string out = fmt::format("{}\n\nUsage: {} [OPTIONS] {}\n\nCommands:\n", filled(program.sentence, 0), program.name,
                                program.default_command.empty() ? "COMMAND" : "[COMMAND]");
  for (const Command& command : program.commands) {
    std::string sentence(command.sentence);
    if (!command.aliases.empty()) sentence += fmt::format(" (also: {})", fmt::join(command.aliases, ", "));
    if (command.name == program.default_command) sentence += " (when no command is named)";
    append_row(out, kCommandColumn, fmt::format("  {}", command.name), sentence);
  }
  append_row(out, kCommandColumn, "  help [COMMAND]", "Show this help, or that of a command");
  append_general(out, general, nullptr);
  append_row(out, kOptionColumn, "  -V, --version", "Show the version");
  return out;
}

std::string command_help(const Program& program, const Command& command, const Definition& own, const Definition& general) {
  std::string out = fmt::format("{}\n\nUsage: {}\n", filled(command.sentence, 0), usage(program, command, own));
  if (!command.aliases.empty()) out += fmt::format("Also:  {} {}\n", program.name, fmt::join(command.aliases, ", "));
  for (const std::string_view paragraph : own.paragraphs()) out += fmt::format("\n{}\n", filled(paragraph, 0));
  if (!own.arguments().empty()) out += "\nArguments:\n";
  for (const Argument& argument : own.arguments()) {
    std::string sentence(argument.sentence);
    if (!argument.choices.empty()) sentence += fmt::format(" ({})", fmt::join(argument.choices, ", "));
    append_row(out, kOptionColumn, fmt::format("  {}", argument.name), sentence);
  }
  if (!own.options().empty()) out += "\nOptions:\n";
  for (const Option& option : own.options()) append_option(out, option, option.letter);
  append_general(out, general, &own);
  out += fmt::format("\nExample:\n  {}\n", filled_command(program.name, command.example, 4));
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
