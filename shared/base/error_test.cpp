#include "innernet/base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <iomanip>  // std::quoted, which must not be taken instead of ours

#include "innernet/base/printable.hpp"

namespace innernet {
namespace {

TEST(Error, FromErrnoHasTheKindThatProgramsActOn) {
  const struct {
    int code;
    ErrorKind kind;
  } cases[] = {{ENOENT, ErrorKind::kNotFound},    {EEXIST, ErrorKind::kAlreadyExists},
               {EPERM, ErrorKind::kPermission},   {EACCES, ErrorKind::kPermission},
               {EBUSY, ErrorKind::kBusy},         {EROFS, ErrorKind::kReadOnly},
               {ENOSYS, ErrorKind::kUnsupported}, {EOPNOTSUPP, ErrorKind::kUnsupported},
               {ENOSPC, ErrorKind::kSystem},      {EIO, ErrorKind::kSystem}};
  for (const auto& c : cases) EXPECT_EQ(Error::system(c.code, "x").kind(), c.kind) << c.code;
  EXPECT_EQ(Error::system(ENOENT, "/etc/innernet/evilcorp.conf").message(), "/etc/innernet/evilcorp.conf: No such file or directory");
}

Result<int> parse(bool good) {
  if (!good) return invalid_input("\"x\" is not a number");
  return 7;
}
Result<void> check(bool good) {
  if (!good) return fail(ErrorKind::kPermission, "refused");
  return {};
}
Result<int> through_try(bool good) {
  TRY(const int value, parse(good));
  TRY_VOID(check(value == 7));
  return value;
}
Result<int> through_context(bool good) {
  TRY_CONTEXT(const int value, parse(good), "reading evilcorp.conf");
  return value;
}

TEST(Error, PassesThroughAndReadsFromTheOutsideIn) {
  EXPECT_EQ(*through_try(true), 7);
  ASSERT_FALSE(through_try(false));
  EXPECT_EQ(through_try(false).error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(through_context(false).error().message(), "reading evilcorp.conf: \"x\" is not a number");
  EXPECT_EQ(Error(ErrorKind::kSystem, "c").context("b").context("a").message(), "a: b: c");
}

// What peers, files and servers say ends up on an administrator's terminal.
TEST(Quoted, ShowsNothingThatATerminalActsOn) {
  const struct {
    std::string text, shown;
  } cases[] = {
      {"evilcorp", R"("evilcorp")"},
      {"", R"("")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"a\nb\tc\r", R"("a\nb\x09c\x0d")"},
      {"\x1b[31mred", R"("\x1b[31mred")"},
      {std::string("a\0b", 3), R"("a\x00b")"},
      {"\x7f", R"("\x7f")"},
      {"größe €", "\"größe €\""},
      {"\xC2\x9B"
       "31m",
       R"("\xc2\x9b31m")"},                           // CSI as one C1 character
      {"\xC0\xAF", R"("\xc0\xaf")"},                  // overlong
      {"\xED\xA0\x80", R"("\xed\xa0\x80")"},          // a surrogate
      {"\xF4\x90\x80\x80", R"("\xf4\x90\x80\x80")"},  // beyond Unicode
      {"\xE2\x82", R"("\xe2\x82")"},                  // cut off
      {"a\u202Eb", R"("a\xe2\x80\xaeb")"},            // right-to-left override
      {"a\u200Bb\uFEFF", R"("a\xe2\x80\x8bb\xef\xbb\xbf")"},
      {"\U0001F600", "\"\U0001F600\""},
  };
  for (const auto& c : cases) EXPECT_EQ(quoted(c.text), c.shown);
}

TEST(Quoted, CutsLongTextAndSaysSo) {
  EXPECT_EQ(quoted(std::string(80, 'a')), '"' + std::string(80, 'a') + '"');
  EXPECT_EQ(quoted(std::string(81, 'a')), '"' + std::string(80, 'a') + "\"…");
  EXPECT_LT(quoted(std::string(1'000'000, '\x01')).size(), 400U);
}

TEST(Quoted, IsOursForEveryKindOfString) {
  std::string variable = "v";
  const std::string constant = "c";
  EXPECT_EQ(quoted(variable) + quoted(constant) + quoted(std::string("t")) + quoted("l") + quoted(std::string_view("w")),
            R"("v""c""t""l""w")");
}

TEST(Printable, HasNothingThatATerminalActsOn) {
  EXPECT_EQ(printable("humans"), "humans");
  EXPECT_EQ(printable("Büro ☂"), "Büro ☂");
  EXPECT_EQ(printable("a\x1b]0;x\x07"), "a\\x1b]0;x\\x07");
  EXPECT_EQ(printable("a\xc2\x9b"), "a\\xc2\\x9b");
  EXPECT_EQ(printable("a\x9b"), "a\\x9b");
  EXPECT_EQ(printable("\x7f\r"), "\\x7f\\x0d");
  EXPECT_EQ(printable("\xc2"), "\\xc2");
  EXPECT_EQ(printable("a\u202Eb"), "a\\xe2\\x80\\xaeb");
  EXPECT_EQ(printable("a\\\"b"), "a\\\"b");
}

}  // namespace
}  // namespace innernet
