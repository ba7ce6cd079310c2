#include <fmt/format.h>
#include <gmock/gmock.h>

#include "list_form.hpp"
#include "text.hpp"
#include "text_form.hpp"
#include "yes_no_form.hpp"

// The three questions without a terminal: keys in, rows out.

namespace innernet::prompt {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

#define UP "\x1b[A"
#define DOWN "\x1b[B"
#define LEFT "\x1b[D"
#define RIGHT "\x1b[C"

Step press(Form& form, std::string_view bytes) {
  KeyDecoder decoder;
  decoder.feed(bytes);
  Step step = Step::kGoOn;
  while (true) {
    auto key = decoder.next();
    if (!key) {
      decoder.nothing_follows();
      key = decoder.next();
    }
    if (!key) return step;
    step = form.press(*key);
  }
}

std::vector<std::string> rows(const Form& form, const Size& size = {24, 79}) {
  std::vector<std::string> out;
  const Frame frame = form.frame(size);
  EXPECT_LE(frame.rows.size(), size.rows);
  EXPECT_LT(frame.cursor_row, frame.rows.size());
  for (const Row& row : frame.rows) {
    EXPECT_LE(columns(row.text), size.columns) << row.text;
    out.push_back(row.text);
  }
  return out;
}

ListQuestion three() { return {"Eligible CIDR", "--cidr", {"humans (10.66.1.0/24)", "robots (10.66.2.0/24)", "jokers (10.66.3.0/24)"}}; }

ListQuestion many(std::size_t count) {
  ListQuestion question{"Peer", "--name", {}};
  for (std::size_t i = 0; i < count; ++i) question.items.push_back(fmt::format("peer{} (10.66.1.{})", i, i));
  return question;
}

TEST(ListForm, StartsOnTheFirstItemAndMoves) {
  const struct {
    std::string_view keys;
    std::size_t answer;
  } cases[] = {
      {"", 0},         {DOWN, 1},      {"j", 1},  {"jj", 2},     {"jk", 0},
      {"jjj", 0},      {UP, 2},        {"k", 2},  {"\x1b[F", 2}, {"j\x01", 0},
      {"ro", 1},       {"10.66.3", 2}, {"/j", 2}, {"JOK", 2},    {"/j\x7f\x7fj", 2},
      {"xyz\x15j", 2}, {"hu\x15", 0},  {"/", 0},  {"r 2.0", 1},  {"\x1b[6~", 2},
  };
  for (const auto& c : cases) {
    const ListQuestion question = three();
    ListForm form(question);
    press(form, c.keys);
    EXPECT_EQ(press(form, "\r"), Step::kAnswered) << c.keys;
    EXPECT_EQ(form.answer(), c.answer) << c.keys;
    EXPECT_EQ(form.left_behind(true), "Eligible CIDR: " + question.items[c.answer]);
  }
}

// Whoever holds Backspace does not count.
TEST(ListForm, ErasingAnEmptyFilterDoesNothing) {
  for (const char* erase : {"\x7f", "\x15", "\x17"}) {
    const ListQuestion question = three();
    ListForm form(question);
    EXPECT_EQ(press(form, erase), Step::kRefused) << "there is no filter";
    press(form, "ro");
    press(form, "\x7f\x7f");
    const auto before = rows(form);
    EXPECT_EQ(press(form, erase), Step::kRefused);
    EXPECT_EQ(rows(form), before);
    press(form, "j");
    EXPECT_EQ(rows(form)[0], "Eligible CIDR: /j") << "and no movement";
  }
}

TEST(ListForm, ControlWErasesAWordOfTheFilter) {
  const ListQuestion question = three();
  ListForm form(question);
  press(form, "ro 10.66.3\x17");
  EXPECT_THAT(rows(form), ElementsAre("Eligible CIDR: /ro ", "> robots (10.66.2.0/24)", HasSubstr("Backspace")));
}

TEST(ListForm, NothingThatMatchesIsNoAnswer) {
  const ListQuestion question = three();
  ListForm form(question);
  press(form, "xyz");
  EXPECT_EQ(press(form, "\r"), Step::kRefused);
  EXPECT_THAT(rows(form), Contains(HasSubstr("nothing has that")));
  EXPECT_EQ(press(form, DOWN), Step::kRefused);
}

TEST(ListForm, EscapeAndControlCCancelAlsoInAFilter) {
  for (const char* keys : {"\x1b", "\x03", "\x04", "ro\x1b", "ro\x03"}) {
    const ListQuestion question = three();
    ListForm form(question);
    EXPECT_EQ(press(form, keys), Step::kCancelled) << keys;
    EXPECT_EQ(form.left_behind(false), "Eligible CIDR:");
  }
}

TEST(ListForm, ShowsWhatIsChosenAndWhatTheKeysDo) {
  const ListQuestion question = three();
  ListForm form(question);
  EXPECT_THAT(rows(form), ElementsAre("Eligible CIDR:", "> humans (10.66.1.0/24)", "  robots (10.66.2.0/24)", "  jokers (10.66.3.0/24)",
                                      "arrows, j, k move; other letters, / filter; Enter chooses; Esc cancels"));
  press(form, "rob");
  EXPECT_THAT(rows(form),
              ElementsAre("Eligible CIDR: /rob", "> robots (10.66.2.0/24)", "arrows move, Backspace widens, Enter chooses, Esc cancels"));
  EXPECT_EQ(form.frame({24, 79}).cursor_column, 19U);
}

TEST(ListForm, BreaksItemsOnANarrowTerminal) {
  const ListQuestion question = three();
  ListForm form(question);
  press(form, "j");
  EXPECT_THAT(rows(form, {24, 19}), ElementsAre("Eligible CIDR:", "  humans", "   (10.66.1.0/24)", "> robots", "   (10.66.2.0/24)",
                                                "  jokers", "   (10.66.3.0/24)", "j k / Enter Esc"));
}

TEST(ListForm, ScrollsSoThatTheChosenItemIsAlwaysSeen) {
  const ListQuestion question = many(100);
  for (const Size size : {Size{24, 79}, Size{8, 19}, Size{5, 40}, Size{4, 79}, Size{3, 79}, Size{2, 19}, Size{1, 19}}) {
    ListForm form(question);
    for (std::size_t i = 0; i < 101; ++i) {
      EXPECT_THAT(rows(form, size), Contains(HasSubstr(fmt::format("> peer{}", i % 100)))) << i << " in " << size.rows;
      press(form, "j");
    }
  }
  ListForm form(question);
  EXPECT_THAT(rows(form), Contains("  1 of 100"));
  EXPECT_EQ(rows(form).size(), 24U) << "as much as there is room for";
}

// A name from a server may hold anything.
TEST(ListForm, EscapesWhatATerminalWouldActOn) {
  const ListQuestion question{"Peer\x1b[2J", "--name", {"evil\x1b]0;x\x07", "a\u202Eb", "日本 (10.66.1.1)"}};
  ListForm form(question);
  EXPECT_THAT(rows(form),
              ElementsAre("Peer\\x1b[2J:", "> evil\\x1b]0;x\\x07", "  a\\xe2\\x80\\xaeb", "  日本 (10.66.1.1)", HasSubstr("Esc")));
  EXPECT_EQ(form.left_behind(true).find('\x1b'), std::string::npos);
}

TEST(ListForm, InOneRowSaysWhereItIs) {
  const ListQuestion question = three();
  ListForm form(question);
  EXPECT_THAT(form.introduction(79), ElementsAre("Eligible CIDR:", "  humans (10.66.1.0/24)", "  robots (10.66.2.0/24)",
                                                 "  jokers (10.66.3.0/24)", HasSubstr("Enter chooses")));
  EXPECT_EQ(form.line(79).rows[0].text, "> humans (10.66.1.0/24) (1 of 3)");
  press(form, "ro");
  EXPECT_EQ(form.line(79).rows[0].text, "> /ro robots (10.66.2.0/24) (1 of 1)");
  EXPECT_LE(columns(form.line(19).rows[0].text), 19U);
  EXPECT_EQ(ListForm(many(1000)).introduction(79).size(), 23U) << "a long list does not flood the screen";
}

Result<void> number_check(const std::string& text) {
  if (text == "1") return {};
  return invalid_input("not the number 1: " + quoted(text));
}

TEST(TextForm, TakesTheSuggestionOrWhatIsTyped) {
  const struct {
    std::string_view keys;
    const char* answer;
  } cases[] = {
      {"\r", "14d"},      {"7d\r", "7d"},     {RIGHT "x\r", "14dx"},      {"\x06x\r", "14dx"},           {" 7d \r", "7d"},
      {"x\x7f\r", "14d"}, {"x\x15\r", "14d"}, {RIGHT LEFT "0\r", "140d"}, {"x\x7f" RIGHT "x\r", "14dx"}, {RIGHT "\x15" RIGHT "x\r", "14dx"},
  };
  for (const auto& c : cases) {
    const TextQuestion question{.text = "Invite expires after", .option = "", .suggestion = "14d", .prefilled = "", .check = {}};
    TextForm form(question);
    EXPECT_EQ(press(form, c.keys), Step::kAnswered) << c.keys;
    EXPECT_EQ(form.answer(), c.answer) << c.keys;
    EXPECT_EQ(form.left_behind(true), fmt::format("Invite expires after: {}", c.answer));
  }
}

// Whoever holds Backspace until the line is empty, and types something else, must get that.
TEST(TextForm, OnAnEmptyLineOnlyRightTakesTheSuggestion) {
  const TextQuestion question{.text = "Listen port", .option = "", .suggestion = "51820", .prefilled = "", .check = {}};
  for (const char* start : {"", "5", RIGHT}) {
    for (const char* key : {"\x7f", "\x1b[3~", LEFT, UP, DOWN, "\x1b[H", "\x1b[F", "\x01", "\x05", "\t", "\x15", "\x17", "\x0b"}) {
      TextForm form(question);
      press(form, start);
      press(form, "\x7f\x7f\x7f\x7f\x7f");
      EXPECT_THAT(rows(form), Contains("Listen port [51820]: "));
      EXPECT_EQ(press(form, key), Step::kRefused) << key;
      EXPECT_THAT(rows(form), Contains("Listen port [51820]: ")) << key;
      EXPECT_EQ(press(form, "99999\r"), Step::kAnswered) << key;
      EXPECT_EQ(form.answer(), "99999") << key;
    }
  }
}

// The original once lost it (#359).
TEST(TextForm, APrefilledTextCanBeEdited) {
  const TextQuestion question{.text = "External endpoint", .option = "", .suggestion = "", .prefilled = "203.0.113.7:51820", .check = {}};
  TextForm form(question);
  EXPECT_THAT(rows(form), ElementsAre("External endpoint: 203.0.113.7:51820"));
  press(form,
        "\x7f\x7f"
        "99\r");
  EXPECT_EQ(form.answer(), "203.0.113.7:51899");
}

TEST(TextForm, SaysWhyAnAnswerIsRefusedAndKeepsIt) {
  const TextQuestion question{.text = "Number", .option = "", .suggestion = "", .prefilled = "", .check = number_check};
  TextForm form(question);
  EXPECT_EQ(press(form, "\r"), Step::kGoOn);
  EXPECT_EQ(form.remark(), "an answer is needed");
  EXPECT_EQ(press(form, "12\r"), Step::kGoOn);
  EXPECT_THAT(rows(form), ElementsAre("Number: 12", "! not the number 1: \"12\""));
  press(form, "\x7f");
  EXPECT_THAT(rows(form), ElementsAre("Number: 1"));
  EXPECT_EQ(press(form, "\r"), Step::kAnswered);
}

TEST(TextForm, CancelsButControlDOnlyOnAnEmptyLine) {
  const TextQuestion question{.text = "Name", .option = "", .suggestion = "", .prefilled = "", .check = {}};
  for (const char* keys : {"\x1b", "\x03", "\x04", "abc\x1b", "abc\x03"}) {
    TextForm form(question);
    EXPECT_EQ(press(form, keys), Step::kCancelled) << keys;
  }
  TextForm form(question);
  EXPECT_EQ(press(form, "abc\x01\x04\r"), Step::kAnswered);
  EXPECT_EQ(form.answer(), "bc");
}

TEST(TextForm, ShowsWhatAnAnswerLooksLikeWhileThereIsNone) {
  const TextQuestion question{
      .text = "CIDR", .option = "", .suggestion = "", .prefilled = "", .example = "as in 10.66.2.0/24", .check = {}};
  TextForm form(question);
  EXPECT_THAT(rows(form), ElementsAre("CIDR: ", "as in 10.66.2.0/24; Esc cancels"));
  press(form, "1");
  EXPECT_THAT(rows(form), ElementsAre("CIDR: 1"));
}

TEST(TextForm, FitsIntoTwentyColumns) {
  const TextQuestion question{
      .text = "Save peer invitation file to", .option = "", .suggestion = "alice.toml", .prefilled = "", .check = {}};
  TextForm form(question);
  EXPECT_THAT(rows(form, {24, 19}), ElementsAre("Save peer", "invitation file to", "[alice.toml]: ", "Enter takes what is",
                                                "in brackets, Right", "edits it, Esc", "cancels"));
  EXPECT_EQ(form.frame({24, 19}).cursor_row, 2U);
  EXPECT_EQ(form.frame({24, 19}).cursor_column, 14U);
  press(form, "/root/invitations/日本語.toml");
  EXPECT_THAT(rows(form, {24, 19}), ElementsAre("Save peer", "invitation file to:", "/root/invitations/", "日本語.toml"));
  EXPECT_EQ(form.frame({24, 19}).cursor_column, 11U);
  EXPECT_THAT(rows(form, {2, 19}), ElementsAre("/root/invitations/", "日本語.toml")) << "what is typed goes before the question";
}

TEST(TextForm, InOneRowScrollsWithTheCursor) {
  const TextQuestion question{.text = "Name", .option = "", .suggestion = "", .prefilled = "abcdefghijklmnopqrstuvwxyz", .check = {}};
  TextForm form(question);
  EXPECT_EQ(form.line(79).rows[0].text, "Name: abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(form.line(79).cursor_column, 32U);
  EXPECT_EQ(form.line(19).rows[0].text, "Name: opqrstuvwxyz");
  press(form, "\x01");
  EXPECT_EQ(form.line(19).rows[0].text, "Name: abcdefghijklm");
  EXPECT_EQ(form.line(19).cursor_column, 6U);
}

TEST(YesNoForm, KeysChangeWhatIsShownAndOnlyEnterAnswers) {
  const struct {
    bool by_default;
    std::string_view keys;
    bool answer;
  } cases[] = {
      {false, "", false},  {true, "", true},     {false, "y", true}, {true, "n", false},   {false, "yes", true},
      {true, "no", false}, {false, "yn", false}, {false, "Y", true}, {false, "\t", false}, {false, "y\x7f", false},
  };
  for (const auto& c : cases) {
    const YesNoQuestion question{"Create it?", "--yes", c.by_default};
    YesNoForm form(question);
    EXPECT_NE(press(form, c.keys), Step::kAnswered);
    EXPECT_EQ(rows(form)[0], c.answer ? "Create it? yes" : "Create it? no");
    EXPECT_EQ(press(form, "\r"), Step::kAnswered);
    EXPECT_EQ(form.answer(), c.answer) << c.keys;
    EXPECT_EQ(form.left_behind(true), c.answer ? "Create it? yes" : "Create it? no");
  }
}

TEST(YesNoForm, ALineMeantForAnotherQuestionAnswersNothing) {
  YesNoForm form(YesNoQuestion{"Delete it?", "--yes", true});
  EXPECT_NE(press(form, "foo"), Step::kAnswered);
  EXPECT_EQ(form.remark(), "y or n, then Enter");
  EXPECT_EQ(press(form, "\r"), Step::kRefused);
  EXPECT_EQ(form.remark(), "y or n, then Enter");
  press(form, "n");
  EXPECT_EQ(form.remark(), "");
  EXPECT_EQ(press(form, "\r"), Step::kAnswered);
  EXPECT_FALSE(form.answer());
}

TEST(YesNoForm, BackspaceTakesBackAChoiceAndNothingElse) {
  for (const char* erase : {"\x7f", "\x15"}) {
    YesNoForm form(YesNoQuestion{"Delete it?", "--yes", true});
    EXPECT_EQ(press(form, erase), Step::kRefused);
    press(form, "n");
    EXPECT_EQ(press(form, erase), Step::kGoOn);
    EXPECT_TRUE(form.answer());
    press(form, "alicee");
    EXPECT_EQ(press(form, erase), Step::kRefused);
    EXPECT_EQ(press(form, "\r"), Step::kRefused) << "still a line that was meant for another question";
  }
}

}  // namespace
}  // namespace innernet::prompt
