#include "innernet/prompt/live_screen.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "innernet/testing/pseudo_terminal.hpp"

// A picture at a real terminal: that it fits, is drawn anew, and that the terminal is as it was however it ends.

namespace innernet::prompt {
namespace {

using testing::PseudoTerminal;
using ::testing::SizeIs;

// Counts its looks, and draws more than fits.
int watch() {
  LiveScreen screen(-1);
  if (!LiveScreen::is_possible() || !screen.enter()) return 2;
  for (int look = 1;; ++look) {
    const Size size = screen.size();
    std::vector<Line> lines{{fmt::format("look {} of {}x{}", look, size.columns, size.rows), LineStyle::kTitle},
                            {std::string(300, 'x')},
                            {look % 2 == 1 ? "a longer line" : "short", LineStyle::kFaint}};
    for (int i = 0; i < 100; ++i) lines.push_back({fmt::format("row {}", i)});
    if (!screen.draw(lines)) return 3;
    if (screen.wait(std::chrono::milliseconds(20)) == LiveScreen::Woken::kEnd) return 0;
  }
}

TEST(LiveScreen, DrawsAnewInPlaceUntilSomebodyEndsIt) {
  for (const char* key : {"q", "Q", "\x03", "\x04"}) {
    PseudoTerminal terminal({.rows = 6, .columns = 20}, watch);
    ASSERT_TRUE(terminal.sees("look 4 of 20x6"));
    EXPECT_THAT(terminal.screen().rows(), SizeIs(6));
    EXPECT_EQ(terminal.screen().row(1), std::string(19, 'x') + "…");
    EXPECT_EQ(terminal.screen().row(5), "row 2");
    EXPECT_FALSE(terminal.screen().shows_cursor());
    EXPECT_TRUE(terminal.screen().is_other());
    EXPECT_TRUE(terminal.is_raw());
    terminal.type(key);
    EXPECT_EQ(terminal.ends(), 0);
    EXPECT_TRUE(terminal.is_as_before());
    EXPECT_FALSE(terminal.screen().is_other());
    EXPECT_EQ(terminal.screen().unknown(), "");
  }
}

TEST(LiveScreen, NothingOfAnEarlierPictureIsLeftOver) {
  PseudoTerminal terminal({.rows = 6, .columns = 20}, watch);
  ASSERT_TRUE(terminal.sees("a longer line"));
  ASSERT_TRUE(terminal.sees("short\n"));
  terminal.type("q");
  EXPECT_EQ(terminal.ends(), 0);
}

TEST(LiveScreen, OtherKeysDoNothing) {
  PseudoTerminal terminal({.rows = 6, .columns = 20}, watch);
  ASSERT_TRUE(terminal.sees("look 2 "));
  terminal.type("x\x1b[A\x1b\x0c ");
  ASSERT_TRUE(terminal.sees("look 9 "));
  terminal.type("q");
  EXPECT_EQ(terminal.ends(), 0);
}

TEST(LiveScreen, FollowsTheTerminalsSize) {
  PseudoTerminal terminal({.rows = 6, .columns = 20}, watch);
  ASSERT_TRUE(terminal.sees("of 20x6"));
  terminal.clear(9, 40);
  terminal.resize(9, 40);
  ASSERT_TRUE(terminal.sees("of 40x9"));
  ASSERT_TRUE(terminal.sees("row 5"));
  terminal.type("q");
  EXPECT_EQ(terminal.ends(), 0);
  EXPECT_TRUE(terminal.is_as_before());
}

TEST(LiveScreen, ASignalLeavesTheTerminalAsItWas) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    PseudoTerminal terminal({.rows = 6, .columns = 20}, watch);
    ASSERT_TRUE(terminal.sees("look 1 "));
    terminal.signal(number);
    EXPECT_EQ(terminal.ends(), 0) << number;
    EXPECT_TRUE(terminal.is_as_before());
  }
}

TEST(LiveScreen, EndsWithItsTerminal) {
  PseudoTerminal terminal({.rows = 6, .columns = 20}, watch);
  ASSERT_TRUE(terminal.sees("look 1 "));
  terminal.hang_up();
  EXPECT_NE(terminal.ends(), -1000);
}

TEST(LiveScreen, IsNotPossibleWhereTheCursorStaysOrNobodyLooks) {
  EXPECT_EQ(PseudoTerminal({.term = "dumb"}, watch).ends(), 2);
  EXPECT_EQ(PseudoTerminal({.stdout_file = "/dev/null"}, watch).ends(), 2);
  EXPECT_EQ(PseudoTerminal({.stdin_file = "/dev/null"}, watch).ends(), 2);
}

}  // namespace
}  // namespace innernet::prompt
