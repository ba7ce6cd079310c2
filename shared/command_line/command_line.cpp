#include "innernet/command_line/command_line.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cctype>
#include <iterator>

#include "command_line_help.hpp"

namespace innernet::command_line {
namespace {

using Words = std::vector<std::string>;

struct UsageError {
  std::string message;
};

/// What stands before the command. General options are rewritten to their long names, because a command may use the same letter for
/// something else (`-d`).
struct Head {
  Words general;
  std::string_view command;  // as typed; empty: none
  Words rest;                // behind the command
  bool wants_help = false;
  bool wants_version = false;
};

const Option* find_long(const Definition& definition, std::string_view name) {
  const auto found = std::ranges::find(definition.options(), name, &Option::name);
  return found == definition.options().end() ? nullptr : &*found;
}

const Option* find_letter(const Definition& definition, char letter) {
  const auto found = std::ranges::find(definition.options(), letter, &Option::letter);
  return found == definition.options().end() ? nullptr : &*found;
}

Words copy_words(std::span<const std::string_view> words) { return Words(words.begin(), words.end()); }

class HeadReader {
 public:
  HeadReader(const Definition& general, std::span<const std::string_view> words) : general_(general), words_(words) {}

  std::expected<Head, UsageError> read() {
    while (next_ < words_.size() && !head_.wants_help && !head_.wants_version) {
      const std::string_view word = words_[next_++];
      if (word == "--") {
        if (next_ < words_.size()) head_.command = words_[next_++];
        head_.rest = {"--"};
        for (const std::string_view other : words_.subspan(next_)) head_.rest.emplace_back(other);
        return std::move(head_);
      }
      if (word.starts_with("--")) {
        if (auto read = read_long(word.substr(2)); !read) return std::unexpected(read.error());
      } else if (word.size() > 1 && word.front() == '-') {
        if (auto read = read_letters(word.substr(1)); !read) return std::unexpected(read.error());
      } else {
        head_.command = word;
        head_.rest = copy_words(words_.subspan(next_));
        return std::move(head_);
      }
    }
    return std::move(head_);
  }

 private:
  using Read = std::expected<void, UsageError>;

  Read read_long(std::string_view word) {
    const std::string_view name = word.substr(0, word.find('='));
    if (word == "help") return void(head_.wants_help = true), Read();
    if (word == "version") return void(head_.wants_version = true), Read();
    const Option* option = find_long(general_, name);
    if (option == nullptr) return unknown(fmt::format("--{}", name));
    if (option->placeholder.empty()) {
      if (name != word) return std::unexpected(UsageError{fmt::format("--{} takes no value", name)});
      head_.general.push_back(fmt::format("--{}", name));
      return {};
    }
    return name == word ? take_next(*option) : take(*option, word.substr(name.size() + 1));
  }

  Read read_letters(std::string_view letters) {
    for (; !letters.empty(); letters.remove_prefix(1)) {
      if (letters.front() == 'h') return void(head_.wants_help = true), Read();
      if (letters.front() == 'V') return void(head_.wants_version = true), Read();
      const Option* option = find_letter(general_, letters.front());
      if (option == nullptr) return unknown(fmt::format("-{}", letters.substr(0, 1)));
      if (!option->placeholder.empty()) return letters.size() == 1 ? take_next(*option) : take(*option, letters.substr(1));
      head_.general.push_back(fmt::format("--{}", option->name));
    }
    return {};
  }

  Read take_next(const Option& option) {
    if (next_ == words_.size()) return std::unexpected(UsageError{fmt::format("--{} needs a value, {}", option.name, option.placeholder)});
    return take(option, words_[next_++]);
  }

  Read take(const Option& option, std::string_view value) {
    head_.general.push_back(fmt::format("--{}", option.name));
    head_.general.emplace_back(value);
    return {};
  }

  Read unknown(std::string_view option) {
    return std::unexpected(
        UsageError{fmt::format("unknown option {} before the command; a command's own options go behind it", quoted(option))});
  }

  const Definition& general_;
  std::span<const std::string_view> words_;
  std::size_t next_ = 0;
  Head head_;
};

const Command* find_command(const Program& program, std::string_view name) {
  for (const Command& command : program.commands)
    if (command.name == name || std::ranges::find(command.aliases, name) != command.aliases.end()) return &command;
  return nullptr;
}

UsageError unknown_command(const Program& program, std::string_view word) {
  std::vector<std::string_view> names{"help"};
  for (const Command& command : program.commands) {
    names.push_back(command.name);
    std::ranges::copy(command.aliases, std::back_inserter(names));
  }
  const std::string_view near = closest(word, names);
  return {fmt::format("unknown command {}{}", quoted(word), near.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", near))};
}

Words long_names(const Definition& general, const Definition& own) {
  Words names{"--help"};
  for (const Definition* definition : {&own, &general})
    for (const Option& option : definition->options()) names.push_back(fmt::format("--{}", option.name));
  return names;
}

/// One command's parser. CLI11's subcommands are not used: with its fall-through `up list` would run `up` for all networks and then `list`.
class CommandParser {
 public:
  CommandParser(const Definition& general, const Definition& own) : general_(general), own_(own) {
    app_.set_help_flag("-h,--help");
    for (const Argument& argument : own.arguments()) add(argument);
    for (const Option& option : own.options()) add(option, option.letter);
    for (const Option& option : general.options()) add(option, letter_with(option, own));
    for (const Definition* definition : {&own, &general}) {
      for (const auto& [one, other] : definition->conflicts())
        app_.get_option(fmt::format("--{}", one))->excludes(app_.get_option(fmt::format("--{}", other)));
      for (const auto& [one, other] : definition->needs())
        app_.get_option(fmt::format("--{}", one))->needs(app_.get_option(fmt::format("--{}", other)));
    }
  }

  enum class Read { kRun, kHelp };
  std::expected<Read, UsageError> read(Words words) {
    if (auto value = split_equals(words); !value) return std::unexpected(value.error());
    std::ranges::reverse(words);  // CLI11 takes its arguments from the back
    try {
      app_.parse(std::move(words));
      return Read::kRun;
    } catch (const CLI::CallForHelp&) {
      return Read::kHelp;
    } catch (const CLI::ExtrasError&) {
      return std::unexpected(unexpected_argument());
    } catch (const CLI::Error& error) {
      return std::unexpected(UsageError{refused_ ? *refused_ : sentence(error)});
    }
  }

 private:
  void add(const Argument& argument) {
    CLI::Option* added = app_.add_option(std::string(argument.name), [this, &argument](const CLI::results_t& values) {
      return accept(argument.name, argument.take(values.back()));
    });
    single(added)->required(argument.required);
  }

  void add(const Option& option, char letter) {
    const std::string names = letter == 0 ? fmt::format("--{}", option.name) : fmt::format("-{},--{}", letter, option.name);
    if (option.placeholder.empty()) {
      app_.add_flag_function(names, [&option](std::int64_t count) {
        for (; count > 0; --count) (void)option.take("");
      });
      return;
    }
    single(app_.add_option(names, [this, &option](const CLI::results_t& values) { return accept_values(option, values); }));
  }

  // Without this a repeatable option swallows the INTERFACE behind its value.
  static CLI::Option* single(CLI::Option* option) {
    return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
  }

  bool accept_values(const Option& option, const CLI::results_t& values) {
    if (values.size() > 1 && !option.repeatable) {
      refused_ = fmt::format("--{} was given more than once", option.name);
      return false;
    }
    return std::ranges::all_of(values,
                               [&](const std::string& value) { return accept(fmt::format("--{}", option.name), option.take(value)); });
  }

  bool accept(std::string_view name, const Result<void>& taken) {
    if (!taken) refused_ = fmt::format("{}: {}", name, taken.error().message());
    return taken.has_value();
  }

  // CLI11 takes the next argument for the value of `--host-suffix=`, and a value for a flag.
  std::expected<void, UsageError> split_equals(Words& words) const {
    Words out;
    bool value_follows = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      const std::size_t equals = word.find('=');
      if (word == "--" && !value_follows) {
        std::move(words.begin() + static_cast<std::ptrdiff_t>(i), words.end(), std::back_inserter(out));
        break;
      }
      const Option* option = value_follows || !word.starts_with("--")
                                 ? nullptr
                                 : known(std::string_view(word).substr(2, equals == std::string::npos ? equals : equals - 2));
      value_follows =
          option != nullptr ? !option->placeholder.empty() && equals == std::string::npos : !value_follows && ends_in_value_letter(word);
      if (option == nullptr || equals == std::string::npos) {
        out.push_back(word);
        continue;
      }
      if (option->placeholder.empty()) return std::unexpected(UsageError{fmt::format("--{} takes no value", option->name)});
      out.push_back(fmt::format("--{}", option->name));
      out.push_back(word.substr(equals + 1));
    }
    words = std::move(out);
    return {};
  }

  const Option* known(std::string_view name) const {
    const Option* option = find_long(own_, name);
    return option != nullptr ? option : find_long(general_, name);
  }

  bool ends_in_value_letter(std::string_view word) const {
    if (word.size() < 2 || word[0] != '-' || word[1] == '-') return false;
    for (const char letter : word.substr(1)) {
      const Option* option = find_letter(own_, letter);
      if (option == nullptr) option = find_letter(general_, letter);
      if (option == nullptr) return false;
      if (!option->placeholder.empty()) return &letter == &word.back();
    }
    return false;
  }

  UsageError unexpected_argument() const {
    const Words extras = app_.remaining();
    const std::string word = extras.empty() ? std::string() : extras.front();
    if (!word.starts_with("-")) return {fmt::format("unexpected argument {}", quoted(word))};
    const std::string name = word.substr(0, word.find('='));
    const Words names = long_names(general_, own_);
    const std::vector<std::string_view> views(names.begin(), names.end());
    const std::string_view near = closest(name, views);
    return {fmt::format("unknown option {}{}", quoted(name), near.empty() ? std::string() : fmt::format("; did you mean {}?", near))};
  }

  // The texts of CLI11's errors hold names of options only, never a value, except the ones handled above.
  std::string sentence(const CLI::Error& error) const {
    std::string text = error.what();
    if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr)
      return text.replace(text.find(" excludes "), 10, " can't be used together with ");
    if (dynamic_cast<const CLI::RequiresError*>(&error) != nullptr) return text.replace(text.find(" requires "), 10, " needs ");
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
      const std::string missing = text.substr(0, text.find(" is required"));
      const auto argument = std::ranges::find(own_.arguments(), missing, &Argument::name);
      if (argument == own_.arguments().end()) return missing + " is missing";
      std::string what(argument->sentence);
      what.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(what.front())));
      return fmt::format("{} is missing ({})", missing, what);
    }
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return text.substr(0, text.find(':')) + " needs a value";
    return quoted(text);
  }

  const Definition& general_;
  const Definition& own_;
  CLI::App app_;
  std::optional<std::string> refused_;
};

Parsed refuse(const Program& program, std::string_view command, const UsageError& error) {
  const std::string subject = command.empty() ? std::string(program.name) : fmt::format("{} {}", program.name, command);
  return {.text = fmt::format("[E] {}: {}\n    See `{} help{}{}`.\n", subject, error.message, program.name, command.empty() ? "" : " ",
                              command),
          .to_stderr = true,
          .exit_code = kExitUsage};
}

Definition define(const Command& command) {
  Definition own;
  command.define(own);
  return own;
}

Parsed help(const Program& program, const Definition& general, const Words& words) {
  if (words.size() > 1) return refuse(program, "", {fmt::format("unexpected argument {}", quoted(words[1]))});
  if (words.empty() || words[0] == "-h" || words[0] == "--help" || words[0] == "help") return {.text = program_help(program, general)};
  const Command* command = find_command(program, words[0]);
  if (command == nullptr) return refuse(program, "", unknown_command(program, words[0]));
  return {.text = command_help(program, *command, define(*command), general)};
}

}  // namespace

Parsed parse(const Program& program, std::span<const std::string_view> arguments) {
  Definition general;
  program.define_general(general);
  auto head = HeadReader(general, arguments).read();
  if (!head) return refuse(program, "", head.error());
  if (head->wants_version) return {.text = version_text(program.name, program.version)};
  if (head->wants_help) return {.text = program_help(program, general)};
  if (head->command == "help") return help(program, general, head->rest);
  if (head->command.empty() && program.default_command.empty())
    return {.text = program_help(program, general), .to_stderr = true, .exit_code = kExitUsage};

  const std::string_view name = head->command.empty() ? program.default_command : head->command;
  const Command* command = find_command(program, name);
  if (command == nullptr) return refuse(program, "", unknown_command(program, name));

  const Definition own = define(*command);
  Words words = std::move(head->general);
  std::ranges::move(head->rest, std::back_inserter(words));
  const auto read = CommandParser(general, own).read(std::move(words));
  if (!read) return refuse(program, command->name, read.error());
  if (*read == CommandParser::Read::kHelp) return {.text = command_help(program, *command, own, general)};
  if (command->answer) return {.text = command->answer(program)};
  return {.command = command, .text = {}};
}

bool asks_for_version(std::span<const std::string_view> arguments) {
  return !arguments.empty() && (arguments[0] == "--version" || arguments[0] == "-V");
}

std::string version_text(std::string_view program, std::string_view version) { return fmt::format("{} {}\n", program, version); }

}  // namespace innernet::command_line
