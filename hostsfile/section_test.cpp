#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "innernet/hostsfile/hostsfile.hpp"

namespace innernet::hostsfile {
namespace {

using ::testing::HasSubstr;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

const std::string kBegin = "# DO NOT EDIT innernet evilcorp BEGIN";
const std::string kEnd = "# DO NOT EDIT innernet evilcorp END";
const std::string kSection = kBegin + "\n10.66.0.1 innernet-server.evilcorp.wg\n10.66.1.2 alice.evilcorp.wg\n" + kEnd;

std::vector<Entry> two_entries() { return {{ip("10.66.1.2"), "alice.evilcorp.wg"}, {ip("10.66.0.1"), "innernet-server.evilcorp.wg"}}; }

std::string updated(std::string_view text, const std::vector<Entry>& entries = two_entries()) {
  return with_section(text, "evilcorp", entries).value();
}

TEST(Section, IsAppendedAfterABlankLine) {
  const struct {
    std::string before, gap;
  } cases[] = {
      {"", ""},
      {"127.0.0.1 localhost\n", "\n"},
      {"127.0.0.1 localhost", "\n\n"},  // the last line is ended first
      {"127.0.0.1 localhost\n\n", ""},
      {"127.0.0.1 localhost\r\n", "\n"},
      {"127.0.0.1 localhost\r\n\r\n", ""},
      {"127.0.0.1 localhost\n \t\n", ""},
      {"\n", ""},
      {"\xff\xfe not text\n", "\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(updated(c.before), c.before + c.gap + kSection + "\n") << quoted(c.before);
}

TEST(Section, IsReplacedInPlaceAndLeavesTheRestByteForByte) {
  const struct {
    std::string before, after;
  } surroundings[] = {
      {"", ""},
      {"127.0.0.1 localhost\n\n", "\n::1 localhost\n"},
      {"127.0.0.1 localhost\r\n", "\n::1 localhost\r\n"},
      {"127.0.0.1 localhost\n", "\nno final newline"},
      {std::string("\xff\x80\0 raw\n", 8), "\n\xe9t\xe9\n"},
      {"# DO NOT EDIT innernet evil BEGIN\n1.1.1.1 x.evil.wg\n# DO NOT EDIT innernet evil END\n",
       "\n# DO NOT EDIT innernet evilcorp2 BEGIN\n# DO NOT EDIT innernet evilcorp2 END\n"},
      {"see # DO NOT EDIT innernet evilcorp BEGIN for more\n", "\nx" + kEnd + "\n"},
  };
  for (const auto& c : surroundings) {
    const std::string old = c.before + kBegin + "\n1.2.3.4 gone\nwhatever\n" + kEnd + c.after;
    EXPECT_EQ(updated(old), c.before + kSection + c.after);
    EXPECT_EQ(updated(updated(old)), updated(old)) << "nothing to change the second time";
  }
}

TEST(Section, IsRemovedWhenNobodyIsLeft) {
  EXPECT_EQ(updated("a\n\n" + kSection + "\nb\n", {}), "a\n\nb\n");
  EXPECT_EQ(updated(kSection, {}), "");
  EXPECT_EQ(updated("a\n" + kSection, {}), "a\n");
  EXPECT_EQ(updated("a\r\nno section", {}), "a\r\nno section");
  EXPECT_EQ(updated("", {}), "");
}

TEST(Section, ComesBackWithoutMoreBlankLinesEachTime) {
  std::string text = "127.0.0.1 localhost\n";
  const std::string with = updated(text);
  for (int i = 0; i < 3; ++i) text = updated(updated(text), {});
  EXPECT_EQ(updated(text), with);
}

TEST(Section, MarkersMayHaveWhiteSpaceAround) {
  EXPECT_EQ(updated("a\n \t" + kBegin + " \r\nold\r\n\t" + kEnd + "\t\r\nb\r\n"), "a\n" + kSection + "\nb\r\n");
}

// The original panics on these, or takes the wrong part of the file for its own.
TEST(Section, WithBrokenMarkersIsAnErrorThatNamesTheRemedy) {
  const std::string broken[] = {
      kBegin + "\n1.2.3.4 x\n",
      "1.2.3.4 x\n" + kEnd + "\n",
      kEnd + "\n" + kBegin + "\n",
      kBegin + "\n" + kBegin + "\n" + kEnd + "\n",
      kBegin + "\n" + kEnd + "\n" + kEnd + "\n",
      kSection + "\n" + kSection + "\n",
      kBegin,
  };
  for (const auto& text : broken) {
    for (const auto& entries : {two_entries(), std::vector<Entry>()}) {
      const auto result = with_section(text, "evilcorp", entries);
      ASSERT_FALSE(result) << text;
      EXPECT_EQ(result.error().kind(), ErrorKind::kInvalidInput);
      EXPECT_THAT(result.error().message(), HasSubstr("remove the lines"));
    }
  }
}

TEST(Section, IsSortedByAddressThenName) {
  const std::vector<Entry> entries = {{ip("fd00::10"), "six-b"}, {ip("10.0.0.10"), "b"}, {ip("10.0.0.9"), "z"},
                                      {ip("::1"), "six-a"},      {ip("10.0.0.10"), "a"}, {ip("255.0.0.1"), "last"},
                                      {ip("9.0.0.1"), "first"},  {ip("10.0.0.9"), "z"}};
  EXPECT_EQ(updated("", entries),
            kBegin + "\n9.0.0.1 first\n10.0.0.9 z\n10.0.0.9 z\n10.0.0.10 a\n10.0.0.10 b\n255.0.0.1 last\n::1 six-a\nfd00::10 six-b\n" +
                kEnd + "\n");
  std::vector<Entry> reversed(entries.rbegin(), entries.rend());
  EXPECT_EQ(updated("", reversed), updated("", entries)) << "the order of the input does not matter";
}

// A state comes from a server: a line break in a name would let it write any line of everybody's hosts file.
TEST(Section, TakesNoNameThatLeavesItsLine) {
  for (const std::string name : {"", "a b", "a\nb", "a\r", "\t", "#a", "a\x7f", "a\x1b[m"})
    EXPECT_FALSE(with_section("", "evilcorp", {{ip("10.0.0.1"), name}})) << quoted(name);
  EXPECT_FALSE(with_section("", "evilcorp", {{ip("10.0.0.1"), std::string("a\0b", 3)}}));
  for (const char* network : {"", "evil corp", "evil\n"}) EXPECT_FALSE(with_section("", network, two_entries())) << quoted(network);
}

// Files as the original writes them, over IPv4 and IPv6.
TEST(Section, IsTheSameAsTheOriginals) {
  const struct {
    const char* file;
    std::vector<Entry> entries;
  } cases[] = {
      {"hosts-ipv4",
       {{ip("10.66.2.1"), "peer2.evilcorp.wg"}, {ip("10.66.0.1"), "innernet-server.evilcorp.wg"}, {ip("10.66.1.1"), "admin.evilcorp.wg"}}},
      {"hosts-ipv6",
       {{ip("fd00:1337::2:0:0:1"), "peer2.evilcorp.wg"},
        {ip("fd00:1337::1"), "innernet-server.evilcorp.wg"},
        {ip("fd00:1337::1:0:0:1"), "admin.evilcorp.wg"}}},
  };
  for (const auto& c : cases) {
    std::ifstream file(std::string(INNERNET_TEST_DATA "/") + c.file, std::ios::binary);
    const std::string recorded{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(recorded.empty()) << c.file;
    EXPECT_EQ(updated("127.0.0.1 localhost\n", c.entries), recorded);
    EXPECT_EQ(updated(recorded, c.entries), recorded) << "nothing changes";
  }
}

}  // namespace
}  // namespace innernet::hostsfile
