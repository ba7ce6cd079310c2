#include "innernet/prompt/terminal_asker.hpp"

#include <gmock/gmock.h>

#include <cstdio>

#include "innernet/base/file.hpp"
#include "innernet/testing/pseudo_terminal.hpp"
#include "innernet/testing/temp_dir.hpp"

// Questions at a real terminal: what a person sees, and that the terminal is as it was however they end.

namespace innernet::prompt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PseudoTerminal;
using ::testing::StartsWith;

int report(const Error& error) {
  std::fprintf(stderr, "[E] %s\n", error.message().c_str());
  return 1;
}

int ask_for_a_name() {
  const auto asker = make_terminal_asker();
  const auto answer = asker->text({.text = "Name", .option = "--name", .suggestion = "alice", .prefilled = "", .check = {}});
  if (!answer) return report(answer.error());
  std::printf("%s\n", answer->c_str());
  return 0;
}

int choose_a_cidr() {
  const auto asker = make_terminal_asker();
  const auto answer = asker->choose({"CIDR", "--cidr", {"humans (10.66.1.0/24)", "robots (10.66.2.0/24)", "人間 (10.66.3.0/24)"}});
  if (!answer) return report(answer.error());
  std::printf("%zu\n", *answer);
  return 0;
}

int ask_thrice() {
  const auto asker = make_terminal_asker();
  const auto name = asker->text({.text = "Name", .option = "--name", .suggestion = "", .prefilled = "", .check = {}});
  if (!name) return report(name.error());
  const auto cidr = asker->choose({"CIDR", "--cidr", {"humans", "robots"}});
  if (!cidr) return report(cidr.error());
  const auto agreed = asker->yes_or_no({"Create it?", "--yes", false});
  if (!agreed) return report(agreed.error());
  std::printf("%s %zu %d\n", name->c_str(), *cidr, *agreed ? 1 : 0);
  return 0;
}

TEST(TerminalAsker, TakesWhatIsTypedAndLeavesOneLineAQuestion) {
  PseudoTerminal terminal({}, ask_thrice);
  terminal.answer("Name:",
                  "alicd\x7f"
                  "e\r");
  terminal.answer("CIDR:", "\x1b[B\r");
  terminal.answer("Create it? no", "y");
  terminal.answer("Create it? yes", "\r");
  EXPECT_EQ(terminal.ends(), 0);
  EXPECT_THAT(terminal.screen().rows(), ElementsAre("Name: alice", "CIDR: robots", "Create it? yes", "alice 1 1"));
  EXPECT_TRUE(terminal.is_as_before());
  EXPECT_EQ(terminal.screen().unknown(), "");
}

// Somebody who knows the questions, or pastes the answers.
TEST(TerminalAsker, WhatIsTypedAheadAnswersTheNextQuestionsButAgreesToNothing) {
  for (const auto& [keys, answer] : {std::pair{"y\r", "bob 1 1"}, std::pair{"\r", "bob 1 0"}}) {
    PseudoTerminal terminal({}, ask_thrice);
    ASSERT_TRUE(terminal.sees("Name:"));
    terminal.type("bob\rj\ry\r");
    terminal.answer("? no", keys);
    EXPECT_EQ(terminal.ends(), 0);
    EXPECT_THAT(terminal.screen().text(), HasSubstr(answer));
  }
}

TEST(TerminalAsker, TheModeAndTheCursorComeBackHoweverItEnds) {
  for (const auto& work : {ask_for_a_name, choose_a_cidr}) {
    for (const std::string keys : {"\x1b", "\x03", "\x04"}) {
      PseudoTerminal terminal({}, work);
      ASSERT_TRUE(terminal.sees("Enter"));
      EXPECT_TRUE(terminal.is_raw());
      terminal.type(keys);
      EXPECT_EQ(terminal.ends(), 1);
      EXPECT_THAT(terminal.screen().text(), HasSubstr("cancelled at the question"));
      EXPECT_TRUE(terminal.is_as_before()) << ::testing::PrintToString(keys);
    }
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      PseudoTerminal terminal({}, work);
      ASSERT_TRUE(terminal.sees("Enter"));
      terminal.signal(signal);
      EXPECT_EQ(terminal.ends(), 1) << signal;
      EXPECT_THAT(terminal.screen().text(), HasSubstr("interrupted at the question"));
      EXPECT_TRUE(terminal.is_as_before()) << signal;
    }
  }
}

TEST(TerminalAsker, EndsWhenTheTerminalGoesAway) {
  for (const bool ignores_hang_up : {false, true}) {
    PseudoTerminal terminal({}, [ignores_hang_up] {
      if (ignores_hang_up) std::signal(SIGHUP, SIG_IGN);
      return choose_a_cidr();
    });
    ASSERT_TRUE(terminal.sees("Enter"));
    terminal.hang_up();
    EXPECT_EQ(terminal.ends(), 1);
  }
}

TEST(TerminalAsker, GoesOnAfterBeingStopped) {
  PseudoTerminal terminal({}, [] {
    // A stopped process needs a parent in its session who lets it go on, as a shell does.
    const pid_t child = ::fork();
    if (child == 0) {
      ::setpgid(0, 0);
      std::signal(SIGTTOU, SIG_IGN);
      ::tcsetpgrp(0, ::getpid());
      std::signal(SIGTTOU, SIG_DFL);
      const int status = ask_for_a_name();
      std::fflush(nullptr);
      ::_exit(status);
    }
    int status = 0;
    while (::waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status)) {
      termios mode{};
      ::tcgetattr(0, &mode);
      std::fprintf(stderr, (mode.c_lflag & ICANON) != 0 ? "stopped\r\n" : "stopped in raw mode\r\n");
      ::kill(child, SIGCONT);
    }
    return WEXITSTATUS(status);
  });
  terminal.answer("Name [alice]:", "bo\x1a");
  ASSERT_TRUE(terminal.sees("stopped"));  // not to be taken in by what was painted before
  terminal.answer("Name: bo", "b\r");
  EXPECT_EQ(terminal.ends(), 0);
  EXPECT_THAT(terminal.screen().rows(), ElementsAre("Name:", "stopped", "Name: bob", "bob"));
  EXPECT_TRUE(terminal.is_as_before());
}

TEST(TerminalAsker, DrawsAnewWhenTheWindowChanges) {
  PseudoTerminal terminal({}, choose_a_cidr);
  ASSERT_TRUE(terminal.sees("Enter chooses"));
  terminal.clear(24, 20);
  terminal.resize(24, 20);
  ASSERT_TRUE(terminal.sees("j k / Enter Esc"));
  EXPECT_THAT(terminal.screen().rows(), ElementsAre("CIDR:", "> humans", "   (10.66.1.0/24)", "  robots", "   (10.66.2.0/24)", "  人間",
                                                    "   (10.66.3.0/24)", "j k / Enter Esc"));
  terminal.type("jj\r");
  EXPECT_EQ(terminal.ends(), 0);
}

TEST(TerminalAsker, SendsNoEscapesToADumbTerminal) {
  PseudoTerminal terminal({.term = "dumb"}, ask_thrice);
  terminal.answer("Name:", "alice\r");
  terminal.answer("> humans (1 of 2)", "\x1b[B");
  terminal.answer("> robots (2 of 2)", "\r");
  terminal.answer("Create it? (y/n) no", "y");
  terminal.answer("Create it? (y/n) yes", "\r");
  EXPECT_EQ(terminal.ends(), 0);
  EXPECT_EQ(terminal.transcript().find('\x1b'), std::string::npos);
  EXPECT_THAT(terminal.screen().text(), HasSubstr("CIDR: robots\nCreate it? yes\nalice 1 1\n"));
  EXPECT_TRUE(terminal.is_as_before());
}

TEST(TerminalAsker, UsesColourOnlyIfItMay) {
  for (const bool no_color : {false, true}) {
    PseudoTerminal terminal({.no_color = no_color}, choose_a_cidr);
    terminal.answer("> humans", "\r");
    EXPECT_EQ(terminal.ends(), 0);
    EXPECT_EQ(terminal.transcript().find("\x1b[36m") == std::string::npos, no_color);
  }
}

TEST(TerminalAsker, LeavesStandardOutputToData) {
  const testing::TempDir folder;
  PseudoTerminal terminal({.stdout_file = folder / "out"}, ask_for_a_name);
  terminal.answer("Name [alice]:", "\r");
  EXPECT_EQ(terminal.ends(), 0);
  EXPECT_EQ(*read_file(folder / "out"), "alice\n");
}

TEST(TerminalAsker, WithoutATerminalItIsAnErrorThatNamesTheQuestionAndTheOption) {
  for (const auto& work : {ask_for_a_name, choose_a_cidr, ask_thrice}) {
    PseudoTerminal terminal({.stdin_file = "/dev/null"}, work);
    EXPECT_EQ(terminal.ends(), 1);
    EXPECT_THAT(terminal.screen().row(0), StartsWith("[E] \""));
    EXPECT_THAT(terminal.screen().text(), HasSubstr("can't be asked without a terminal: give --"));
  }
}

}  // namespace
}  // namespace innernet::prompt
