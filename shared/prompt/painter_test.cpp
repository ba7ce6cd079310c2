#include "painter.hpp"

#include <gmock/gmock.h>

#include "innernet/testing/screen.hpp"
#include "list_form.hpp"
#include "text_form.hpp"

namespace innernet::prompt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const ListQuestion kList{"CIDR", "--cidr", {"humans (10.66.1.0/24)", "robots (10.66.2.0/24)", "人間 (10.66.3.0/24)"}};
const TextQuestion kText{.text = "Name", .option = "--name", .suggestion = "", .prefilled = "日本", .check = {}};

TEST(AnsiPainter, WritesOverWhatItHasShownAndLeavesOneLine) {
  testing::Screen screen(10, 41);
  screen.write("before\r\n");
  AnsiPainter painter(false);
  ListForm form(kList);
  const Size size{10, 41};
  screen.write(painter.paint(form, size));
  EXPECT_THAT(screen.rows(), ElementsAre("before", "CIDR:", "> humans (10.66.1.0/24)", "  robots (10.66.2.0/24)", "  人間 (10.66.3.0/24)",
                                         "j k move, letters filter, Enter, Esc"));
  EXPECT_FALSE(screen.shows_cursor());
  form.press({KeyKind::kDown});
  screen.write(painter.paint(form, size));
  EXPECT_EQ(screen.row(3), "> robots (10.66.2.0/24)");
  for (const char* letter : {"1", "0", "."}) form.press({KeyKind::kCharacter, letter});
  screen.write(painter.paint(form, size));
  EXPECT_EQ(screen.row(1), "CIDR: /10.");
  EXPECT_EQ(screen.cursor_column(), 10U);
  EXPECT_TRUE(screen.shows_cursor());
  screen.write(painter.leave(form.left_behind(true)));
  EXPECT_THAT(screen.rows(), ElementsAre("before", "CIDR: humans (10.66.1.0/24)"));
  EXPECT_EQ(screen.cursor_row(), 2U);
  EXPECT_EQ(screen.cursor_column(), 0U);
  EXPECT_EQ(screen.unknown(), "");
}

TEST(AnsiPainter, WorksAtTheBottomOfTheScreen) {
  testing::Screen screen(6, 41);
  screen.write("1\r\n2\r\n3\r\n4\r\n5\r\n");
  AnsiPainter painter(false);
  ListForm form(kList);
  for (int i = 0; i < 3; ++i) screen.write(painter.paint(form, {6, 41}));
  EXPECT_THAT(screen.rows(), ElementsAre("5", "CIDR:", "> humans (10.66.1.0/24)", "  robots (10.66.2.0/24)", "  人間 (10.66.3.0/24)",
                                         "j k move, letters filter, Enter, Esc"));
}

TEST(AnsiPainter, TheCursorStandsBehindWideCharacters) {
  testing::Screen screen(5, 40);
  AnsiPainter painter(false);
  TextForm form(kText);
  screen.write(painter.paint(form, {5, 40}));
  EXPECT_EQ(screen.cursor_column(), 10U);
  form.press({KeyKind::kLeft});
  screen.write(painter.paint(form, {5, 40}));
  EXPECT_EQ(screen.cursor_column(), 8U);
}

// A terminal that has become narrower shows a row of 23 columns in two: the next frame begins that much further up.
TEST(AnsiPainter, FollowsATerminalThatBreaksItsLinesAnew) {
  AnsiPainter painter(false);
  ListForm form(kList);
  form.press({KeyKind::kDown});
  (void)painter.paint(form, {24, 80});
  EXPECT_THAT(painter.paint(form, {24, 80}), ::testing::StartsWith("\x1b[2A\r"));
  EXPECT_THAT(painter.paint(form, {24, 20}), ::testing::StartsWith("\x1b[3A\r"));
}

TEST(AnsiPainter, UsesColourOnlyIfItMay) {
  ListForm form(kList);
  EXPECT_THAT(AnsiPainter(true).paint(form, {}), HasSubstr("\x1b[36m> humans (10.66.1.0/24)\x1b[0m"));
  EXPECT_THAT(AnsiPainter(false).paint(form, {}), Not(HasSubstr("m> humans")));
  const struct {
    TerminalEnvironment environment;
    bool colour;
  } cases[] = {
      {{"xterm", nullptr, nullptr}, true}, {{"xterm", "1", nullptr}, false},    {{"xterm", "", nullptr}, true},
      {{"xterm", nullptr, "0"}, false},    {{"dumb", nullptr, nullptr}, false},
  };
  for (const auto& c : cases) {
    const std::string out = make_painter(c.environment)->paint(form, {});
    EXPECT_EQ(out.find("\x1b[36m") != std::string::npos, c.colour);
  }
}

TEST(PlainPainter, UsesNothingButCarriageReturnAndLineFeed) {
  testing::Screen screen(12, 80);
  for (const char* term : {"dumb", "", "unknown"}) {
    const auto painter = make_painter({term, nullptr, nullptr});
    ListForm form(kList);
    std::string out = painter->paint(form, {});
    for (const char* letter : {"r", "o"}) {
      form.press({KeyKind::kCharacter, letter});
      out += painter->paint(form, {});
    }
    out += painter->leave(form.left_behind(true));
    EXPECT_EQ(out.find('\x1b'), std::string::npos);
    screen = testing::Screen(12, 80);
    screen.write(out);
  }
  EXPECT_THAT(screen.rows(), ElementsAre("CIDR:", "  humans (10.66.1.0/24)", "  robots (10.66.2.0/24)", "  人間 (10.66.3.0/24)",
                                         HasSubstr("(arrows, j, k move"), "CIDR: robots (10.66.2.0/24)"));
}

TEST(PlainPainter, PutsTheCursorBackIntoTheText) {
  testing::Screen screen(5, 40);
  PlainPainter painter;
  TextForm form(kText);
  form.press({KeyKind::kLeft});
  screen.write(painter.paint(form, {5, 40}));
  EXPECT_EQ(screen.cursor_column(), 8U);
  EXPECT_EQ(screen.row(0), "Name: 日本");
}

TEST(PlainPainter, PrintsTheReasonOfARefusalOnce) {
  testing::Screen screen(8, 40);
  PlainPainter painter;
  const TextQuestion question{
      .text = "Name", .option = "", .suggestion = "", .prefilled = "", .check = [](const std::string& text) -> Result<void> {
        if (text == "ok") return {};
        return invalid_input("not ok");
      }};
  TextForm form(question);
  const auto press = [&](const Key& key) {
    form.press(key);
    screen.write(painter.paint(form, {8, 40}));
  };
  press({KeyKind::kCharacter, "x"});
  press({KeyKind::kEnter});
  press({KeyKind::kBackspace});
  EXPECT_THAT(screen.rows(), ElementsAre("Name: x", "! not ok", "Name:"));
}

}  // namespace
}  // namespace innernet::prompt
