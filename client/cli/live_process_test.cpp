#include <gmock/gmock.h>

#include "commands_test.hpp"
#include "innernet/testing/pseudo_terminal.hpp"

// `show --live` of the whole program at a terminal. The machine that runs the tests has none of these networks up.

namespace innernet::client {
namespace {

using innernet::testing::PseudoTerminal;

class LiveProcess : public Commands {
 protected:
  std::vector<std::string> words(const std::vector<std::string>& more) {
    std::vector<std::string> out{INNERNET_PROGRAM, "-c", (dir / "etc").string(), "--data-dir", (dir / "var").string()};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
};

TEST_F(LiveProcess, EndsWithQAndLeavesTheTerminalAsItWas) {
  PseudoTerminal terminal({.rows = 5, .columns = 80}, words({"show", "--live"}));
  ASSERT_TRUE(terminal.sees("no innernet network is up")) << terminal.screen().text();
  EXPECT_TRUE(terminal.screen().is_other());
  terminal.clear(4, 30);
  terminal.resize(4, 30);
  ASSERT_TRUE(terminal.sees("no innernet network is up; `i…")) << terminal.screen().text();
  terminal.type("q");
  EXPECT_EQ(terminal.ends(), 0);
  EXPECT_TRUE(terminal.is_as_before());
  EXPECT_FALSE(terminal.screen().is_other());
}

TEST_F(LiveProcess, ANetworkThatIsNotThereIsNoTable) {
  PseudoTerminal terminal({}, words({"show", "nowhere", "--live"}));
  EXPECT_EQ(terminal.ends(), 1);
  EXPECT_TRUE(terminal.is_as_before());
  EXPECT_FALSE(terminal.screen().is_other());
  EXPECT_NE(terminal.screen().text().find("no network nowhere is installed"), std::string::npos);
}

}  // namespace
}  // namespace innernet::client
