#include "innernet/command_line/completions.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "innernet/command_line/command_line.hpp"

// What the scripts do is tried out in the shells themselves (tests/completions); PowerShell's, which Debian does not have, is only looked
// at here.

namespace innernet::command_line {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Shell kShells[] = {Shell::kBash, Shell::kElvish, Shell::kFish, Shell::kPowershell, Shell::kZsh};

const Take kTake = [](std::string_view) -> Result<void> { return {}; };

Program sample() {
  return {.name = "in-net",
          .sentence = "Does it.",
          .version = "1",
          .define_general =
              [](Definition& definition) { definition.option('d', "data-dir", "DIR", kTake, "Don't [ask]: $(reboot) \\ \"me\""); },
          .commands = {{"go",
                        {"run"},
                        "Goes 'there': [now].",
                        "go",
                        [](Definition& definition) {
                          definition.argument("INTERFACE", "Where", kTake);
                          static bool flag = false;
                          definition.flag('d', "daemon", flag, "Stays");
                          definition.option({.letter = 0,
                                             .name = "way",
                                             .placeholder = "WAY",
                                             .sentence = "How",
                                             .take = kTake,
                                             .repeatable = true,
                                             .choices = {"left", "right"}});
                          definition.conflict("daemon", "way");
                        }},
                       completions_command()},
          .default_command = {},
          .config_folder = "/etc/in-net"};
}

TEST(Completions, EveryShellLearnsEachCommandAliasOptionAndValue) {
  for (const Shell shell : kShells)
    EXPECT_THAT(completions(sample(), shell),
                AllOf(HasSubstr("in-net"), HasSubstr("go"), HasSubstr("run"), HasSubstr("way"), HasSubstr("daemon"), HasSubstr("data-dir"),
                      HasSubstr("right"), HasSubstr("powershell"), HasSubstr("help"), Not(HasSubstr("@program@")), Not(HasSubstr("@id@"))));
}

TEST(Completions, SentencesStayInsideTheirQuotes) {
  EXPECT_THAT(completions(sample(), Shell::kZsh),
              HasSubstr("'(-d --data-dir)--data-dir=[Don'\\''t \\[ask\\]\\: $(reboot) \\\\ \"me\"]:DIR:_files -/'"));
  EXPECT_THAT(completions(sample(), Shell::kFish), HasSubstr("-d 'Don\\'t [ask]: $(reboot) \\\\ \"me\"'\n"));
  EXPECT_THAT(completions(sample(), Shell::kElvish), HasSubstr("[--data-dir 'Don''t [ask]: $(reboot) \\ \"me\"']"));
  EXPECT_THAT(completions(sample(), Shell::kPowershell), HasSubstr("@('--data-dir', 'Don''t [ask]: $(reboot) \\ \"me\"')"));
  EXPECT_THAT(completions(sample(), Shell::kBash), Not(HasSubstr("reboot"))) << "bash shows no sentences";
}

TEST(Completions, ALetterHasTheMeaningOfItsCommand) {
  EXPECT_THAT(completions(sample(), Shell::kBash), HasSubstr("options='-d --daemon --way --data-dir -h --help'"));
  EXPECT_THAT(completions(sample(), Shell::kPowershell), AllOf(HasSubstr("$kinds[' -d'] = @('file')"), Not(HasSubstr("$kinds['go -d']"))));
}

TEST(Completions, InZshOptionsExcludeThemselvesAndWhatTheyConflictWith) {
  EXPECT_THAT(completions(sample(), Shell::kZsh),
              AllOf(HasSubstr("'(-d --daemon --way)-d[Stays]'"), HasSubstr("'(-d --daemon)*--way=[How]:WAY:(left right)'")));
}

TEST(Completions, PowershellGetsOneTableOfOptionsACommand) {
  const std::string script = completions(sample(), Shell::kPowershell);
  EXPECT_THAT(
      script,
      AllOf(HasSubstr("Register-ArgumentCompleter -Native -CommandName 'in-net' -ScriptBlock {\n"), HasSubstr("$canonical['run'] = 'go'\n"),
            HasSubstr("    $options['go'] = @(\n        @('-d', 'Stays'),\n        @('--daemon', 'Stays'),\n        @('--way', 'How'),\n"),
            HasSubstr("$kinds['go --way'] = @('choice', 'left', 'right')\n")));
  EXPECT_EQ(std::ranges::count(script, '{'), std::ranges::count(script, '}'));
}

TEST(Completions, TheCommandPrintsThemAndRefusesOtherShells) {
  const Program program = sample();
  const std::string_view words[] = {"completions", "fish"};
  const Parsed parsed = parse(program, words);
  EXPECT_EQ(parsed.command, nullptr);
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_FALSE(parsed.to_stderr);
  EXPECT_EQ(parsed.text, completions(program, Shell::kFish));
  for (const char* shell : {"csh", "", "Bash"}) {
    const std::string_view other[] = {"completions", shell};
    EXPECT_EQ(parse(program, other).exit_code, kExitUsage);
  }
}

}  // namespace
}  // namespace innernet::command_line
