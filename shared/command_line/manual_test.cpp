#include "innernet/command_line/manual.hpp"

#include <gmock/gmock.h>

namespace innernet::command_line {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Roff, NothingInATextIsARequestOrAnEscape) {
  EXPECT_EQ(roff(".so /etc/passwd"), "\\&.so /etc/passwd");
  EXPECT_EQ(roff("'br"), "\\&\\(aqbr");
  EXPECT_EQ(roff("\\fBbold"), "\\efBbold");
  EXPECT_EQ(roff("--data-dir"), "\\-\\-data\\-dir");
  EXPECT_EQ(roff("a \"b\" ^~`"), "a \\(dqb\\(dq \\(ha\\(ti\\(ga");
}

class Manual : public ::testing::Test {
 protected:
  static Program sample() {
    return {.name = "net",
            .sentence = "Does it.",
            .version = "1.2",
            .define_general =
                [](Definition& definition) {
                  definition.option('d', "data-dir", "DIR", [](std::string_view) -> Result<void> { return {}; }, "Where data is");
                },
            .commands = {{"add-thing",
                          {"new-thing"},
                          "Add a thing.",
                          "add-thing x --daemon --data-dir /a/folder/whose/name/makes/the/line/too/long/to/fit --daemon",
                          [](Definition& definition) {
                            static bool flag = false;
                            definition.explain("Things are good.");
                            definition.flag('d', "daemon", flag, "Stays");
                          }},
                         {"list-things", {}, "List them.", "list-things", [](Definition&) {}},
                         {"up", {}, "Goes up.", "up", [](Definition&) {}}},
            .default_command = "up"};
  }
  const Program program = sample();
  const DefinedProgram defined = define_all(program);
};

TEST_F(Manual, APageOfACommandHasAllThatItsHelpHas) {
  EXPECT_THAT(command_page(defined, defined.commands[0]),
              AllOf(HasSubstr(".TH NET\\-ADD\\-THING 8 \"\" \"innernet 1.2\""), HasSubstr(".SH NAME\nnet\\-add\\-thing \\- add a thing\n"),
                    HasSubstr("Add a thing.\n.PP\nThings are good.\n"), HasSubstr("new\\-thing"),
                    HasSubstr("\\fB\\-d\\fR, \\fB\\-\\-daemon\\fR\nStays.\n"), HasSubstr(".TP\n\\fB\\-\\-data\\-dir\\fR \\fIDIR\\fR\n"),
                    HasSubstr(".SH EXIT STATUS"), HasSubstr(".BR net\\-list\\-things (8) ,"), Not(HasSubstr(".BR net\\-up "))));
}

TEST_F(Manual, AnExampleIsBrokenBeforeAnOptionAndCanBeCopied) {
  EXPECT_THAT(command_page(defined, defined.commands[0]),
              HasSubstr("net add\\-thing x \\-\\-daemon \\e\n    \\-\\-data\\-dir /a/folder/whose/name/makes/the/line/too/long/to/fit "
                        "\\e\n    \\-\\-daemon\n.fi"));
}

TEST_F(Manual, TheProgramsPageLeadsToAllOthers) {
  const std::string page = program_page(defined, {.paragraphs = {"It is."},
                                                  .files = {{"/etc/x", "A file."}},
                                                  .environment = {{"VAR", "A word."}},
                                                  .examples = {{"Go up:", "up"}},
                                                  .see_also = {"wg(8)"}});
  EXPECT_THAT(page, StartsWith(".\\\" Made from"));
  EXPECT_THAT(page, AllOf(HasSubstr(".SH DESCRIPTION\nIt is.\n"), HasSubstr(".BR net\\-add\\-thing (8)\n"),
                          HasSubstr("when no command is named"), HasSubstr("\\fB\\-V\\fR, \\fB\\-\\-version\\fR"),
                          HasSubstr("\\fI/etc/x\\fR\nA file.\n"), HasSubstr("\\fBVAR\\fR\nA word.\n"),
                          HasSubstr("Go up:\n.PP\n.RS 4\n.nf\nnet up\n.fi\n.RE\n"), HasSubstr(".BR wg (8)\n")));
}

}  // namespace
}  // namespace innernet::command_line
