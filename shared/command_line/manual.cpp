#include "innernet/command_line/manual.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "command_line_help.hpp"

namespace innernet::command_line {
namespace {

constexpr std::string_view kSection = "8";

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return 'a' <= c && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

std::string page_of(const Program& program, const Command& command) { return fmt::format("{}-{}", program.name, command.name); }

/// Lower case at the front and no full stop at the end, as NAME sections have it; a word like CIDR stays.
std::string name_sentence(std::string_view sentence) {
  std::string out(sentence);
  if (out.ends_with('.')) out.pop_back();
  const bool is_word = out.size() > 1 && 'a' <= out[1] && out[1] <= 'z';
  if (is_word && 'A' <= out[0] && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

/// A page that grows section by section.
class Page {
 public:
  Page(const Program& program, std::string_view name, std::string_view sentence) {
    out_ = fmt::format(".\\\" Made from the table of commands of {}. Don't edit it: `./dev docs` makes it anew.\n", roff(program.name));
    out_ += fmt::format(".TH {} {} \"\" \"{} {}\" \"System Manager's Manual\"\n", roff(upper_case(name)), kSection, "innernet",
                        roff(program.version));
    out_ += ".nh\n.ad l\n";  // names are not parted at their dashes
    section("NAME");
    line(fmt::format("{} \\- {}", roff(name), roff(name_sentence(sentence))));
  }

  void section(std::string_view name) { head(fmt::format(".SH {}\n", name)); }
  void subsection(std::string_view name) { head(fmt::format(".SS {}\n", name)); }
  void line(std::string_view source) { out_ += fmt::format("{}\n", source); }
  void paragraph(std::string_view text) {
    begin_paragraph();
    out_ += fmt::format("{}\n", roff(text));
  }
  /// A term in bold and what it means.
  void row(std::string_view term, std::string_view text) { tagged(fmt::format("\\fB{}\\fR", roff(term)), roff(text)); }
  void tagged(std::string_view term, std::string_view text) { out_ += fmt::format(".TP\n{}\n{}\n", term, text); }

  void option(const Option& option, char letter) {
    std::string term;
    if (letter != 0) term = fmt::format("\\fB{}\\fR, ", roff(fmt::format("-{}", letter)));
    term += fmt::format("\\fB{}\\fR", roff(fmt::format("--{}", option.name)));
    if (!option.placeholder.empty()) term += fmt::format(" \\fI{}\\fR", roff(option.placeholder));
    tagged(term, roff(whole_sentence(option)) + ".");
  }

  /// A command line that may be copied, broken where it is too long.
  void example(std::string_view program, std::string_view command_line) {
    constexpr std::size_t kIndent = 15;  // man's own 7, 4 of the example, and 4 of the lines that go on
    const std::string text = filled_command(program, command_line, kIndent);
    std::string source;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view whole = std::string_view(text).substr(begin, end - begin);
      const std::size_t spaces = std::min(whole.find_first_not_of(' '), whole.size());
      source += fmt::format("{}{}\n", begin == 0 ? "" : "    ", roff(whole.substr(spaces)));
      begin = end + 1;
    }
    begin_paragraph();
    out_ += fmt::format(".RS 4\n.nf\n{}.fi\n.RE\n", source);
  }

  void exit_status() {
    section("EXIT STATUS");
    row("0", "What was asked for is done, or somebody who was asked said no.");
    row("1", "It failed. Standard error says what was being done, to what, why it failed and what to do, in a line that starts with [E].");
    row("2", "The command line could not be understood, and nothing was done.");
  }

  void see_also(const std::vector<std::string>& pages) {
    section("SEE ALSO");
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const std::size_t open = pages[i].find('(');
      line(fmt::format(".BR {} {}{}", roff(pages[i].substr(0, open)), roff(pages[i].substr(open)), i + 1 < pages.size() ? " ," : ""));
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void head(const std::string& source) {
    out_ += source;
    behind_head_ = out_.size();
  }
  // Directly behind a heading there is one already.
  void begin_paragraph() {
    if (out_.size() != behind_head_) out_ += ".PP\n";
  }

  std::string out_;
  std::size_t behind_head_ = 0;
};

std::string in_page_form(std::string_view name, std::string_view section = kSection) { return fmt::format("{}({})", name, section); }

/// The last word of a command's name: the commands on the same thing belong together.
std::string_view noun(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  std::string_view out = dash == std::string_view::npos ? std::string_view() : name.substr(dash + 1);
  if (out.ends_with('s')) out.remove_suffix(1);
  return out;
}

}  // namespace

std::string roff(std::string_view text) {
  std::string out;
  // A line that starts with a dot or a quote would be a request.
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '"')
      out += "\\(dq";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '^')
      out += "\\(ha";
    else if (c == '~')
      out += "\\(ti";
    else
      out += c;
  }
  return out;
}

std::string program_page(const DefinedProgram& defined, const ProgramManual& manual) {
  const Program& program = defined.program;
  Page page(program, program.name, program.sentence);
  page.section("SYNOPSIS");
  page.line(fmt::format("\\fB{}\\fR [\\fIOPTIONS\\fR] {}", roff(program.name),
                        program.default_command.empty() ? "\\fICOMMAND\\fR" : "[\\fICOMMAND\\fR]"));
  page.section("DESCRIPTION");
  for (const std::string_view paragraph : manual.paragraphs) page.paragraph(paragraph);
  page.section("COMMANDS");
  page.paragraph("Each has a page of its own, and a shorter text with --help.");
  for (const DefinedCommand& command : defined.commands) {
    std::string sentence = roff(command.command->sentence);
    if (!command.command->aliases.empty())
      sentence += fmt::format(" Also: {}.", roff(fmt::format("{}", fmt::join(command.command->aliases, ", "))));
    if (command.command->name == program.default_command) sentence += " This is done when no command is named.";
    page.tagged(fmt::format(".BR {} ({})", roff(page_of(program, *command.command)), kSection), sentence);
  }
  page.row("help [COMMAND]", "Shows the help of the program or of a command.");
  page.section("OPTIONS");
  page.paragraph(
      "They stand before or after the command. A command may use a letter itself, and then it has the command's meaning behind it.");
  for (const Option& option : defined.general.options()) page.option(option, option.letter);
  page.tagged("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Show the help.");
  page.tagged("\\fB\\-V\\fR, \\fB\\-\\-version\\fR", "Show the version.");
  page.exit_status();
  page.section("ENVIRONMENT");
  for (const auto& [name, text] : manual.environment) page.row(name, text);
  page.section("FILES");
  for (const auto& [name, text] : manual.files) page.tagged(fmt::format("\\fI{}\\fR", roff(name)), roff(text));
  page.section("EXAMPLES");
  for (const auto& [sentence, line] : manual.examples) {
    page.paragraph(sentence);
    page.example(program.name, line);
  }
  std::vector<std::string> pages;
  for (const DefinedCommand& command : defined.commands) pages.push_back(in_page_form(page_of(program, *command.command)));
  for (const std::string_view other : manual.see_also) pages.emplace_back(other);
  page.see_also(pages);
  return page.take();
}

std::string command_page(const DefinedProgram& program, const DefinedCommand& defined) {
  const Command& command = *defined.command;
  Page page(program.program, page_of(program.program, command), command.sentence);
  page.section("SYNOPSIS");
  std::string synopsis = fmt::format("\\fB{} {}\\fR", roff(program.program.name), roff(command.name));
  for (const Argument& argument : defined.own.arguments())
    synopsis += argument.required ? fmt::format(" \\fI{}\\fR", roff(argument.name)) : fmt::format(" [\\fI{}\\fR]", roff(argument.name));
  page.line(synopsis + " [\\fIOPTIONS\\fR]");
  page.section("DESCRIPTION");
  page.paragraph(command.sentence);
  for (const std::string_view paragraph : defined.own.paragraphs()) page.paragraph(paragraph);
  if (!command.aliases.empty()) page.paragraph(fmt::format("The command is also known as {}.", fmt::join(command.aliases, ", ")));
  if (!defined.own.arguments().empty()) page.section("ARGUMENTS");
  for (const Argument& argument : defined.own.arguments()) {
    std::string sentence(argument.sentence);
    if (!argument.choices.empty()) sentence += fmt::format(" ({})", fmt::join(argument.choices, ", "));
    page.tagged(fmt::format("\\fI{}\\fR", roff(argument.name)), roff(sentence) + ".");
  }
  page.section("OPTIONS");
  for (const Option& option : defined.own.options()) page.option(option, option.letter);
  for (const auto& [one, other] : defined.own.conflicts()) page.paragraph(fmt::format("--{} and --{} exclude each other.", one, other));
  page.subsection("General options");
  page.paragraph("They may stand before the command, too.");
  for (const Option& option : program.general.options()) page.option(option, letter_with(option, defined.own));
  page.tagged("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Show the help of this command.");
  page.exit_status();
  page.section("ENVIRONMENT AND FILES");
  page.line(fmt::format("See\n.BR {} ({}).", roff(program.program.name), kSection));
  page.section("EXAMPLES");
  page.example(program.program.name, command.example);
  std::vector<std::string> pages{in_page_form(program.program.name)};
  for (const DefinedCommand& other : program.commands)
    if (other.command != defined.command && !noun(command.name).empty() && noun(other.command->name) == noun(command.name))
      pages.push_back(in_page_form(page_of(program.program, *other.command)));
  pages.emplace_back("wg(8)");
  page.see_also(pages);
  return page.take();
}

}  // namespace innernet::command_line
