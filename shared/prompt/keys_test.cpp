#include "keys.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace innernet::prompt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Key> keys_of(KeyDecoder& decoder) {
  std::vector<Key> keys;
  while (auto key = decoder.next()) keys.push_back(*key);
  return keys;
}

std::vector<Key> keys_of(std::string_view bytes) {
  KeyDecoder decoder;
  decoder.feed(bytes);
  std::vector<Key> keys = keys_of(decoder);
  decoder.nothing_follows();
  for (const Key& key : keys_of(decoder)) keys.push_back(key);
  return keys;
}

TEST(Keys, OneForWhatEachTerminalSends) {
  const struct {
    std::string_view bytes;
    KeyKind kind;
  } cases[] = {
      {"\r", KeyKind::kEnter},         {"\n", KeyKind::kEnter},
      {"\x1bOM", KeyKind::kEnter},     {"\x03", KeyKind::kInterrupt},
      {"\x04", KeyKind::kEndOfInput},  {"\x1a", KeyKind::kSuspend},
      {"\x7f", KeyKind::kBackspace},   {"\b", KeyKind::kBackspace},
      {"\x1b[3~", KeyKind::kDelete},   {"\x1b[A", KeyKind::kUp},
      {"\x1bOA", KeyKind::kUp},        {"\x1b[1;5A", KeyKind::kUp},
      {"\x1b[B", KeyKind::kDown},      {"\x1b[C", KeyKind::kRight},
      {"\x1b[D", KeyKind::kLeft},      {"\x1b[H", KeyKind::kHome},
      {"\x1b[1~", KeyKind::kHome},     {"\x1b[7~", KeyKind::kHome},
      {"\x1bOF", KeyKind::kEnd},       {"\x1b[4~", KeyKind::kEnd},
      {"\x1b[8~", KeyKind::kEnd},      {"\x1b[5~", KeyKind::kPageUp},
      {"\x1b[6~", KeyKind::kPageDown}, {"\x01", KeyKind::kHome},
      {"\x05", KeyKind::kEnd},         {"\x15", KeyKind::kEraseLine},
      {"\x0b", KeyKind::kEraseRest},   {"\x17", KeyKind::kEraseWord},
      {"\x0c", KeyKind::kRedraw},      {"\t", KeyKind::kTab},
      {"\x1b", KeyKind::kEscape},      {"\x1b[", KeyKind::kEscape},
      {"\x1b[[A", KeyKind::kUnknown},  {"\x1b[200~", KeyKind::kUnknown},
      {"\x1b[15~", KeyKind::kUnknown}, {"\x1bx", KeyKind::kUnknown},
      {"\x1bü", KeyKind::kUnknown},    {"\xc2\x9b", KeyKind::kUnknown},
      {"\xff", KeyKind::kUnknown},     {std::string_view("\0", 1), KeyKind::kUnknown},
  };
  for (const auto& c : cases) {
    const auto keys = keys_of(c.bytes);
    ASSERT_GE(keys.size(), 1U) << ::testing::PrintToString(c.bytes);
    EXPECT_EQ(keys[0].kind, c.kind) << ::testing::PrintToString(c.bytes);
    if (c.bytes != "\x1b[") {
      EXPECT_EQ(keys.size(), 1U) << ::testing::PrintToString(c.bytes);
    }
  }
}

// A slow line delivers byte by byte.
TEST(Keys, AreTheSameHoweverTheBytesArrive) {
  const std::string_view bytes = "aü日👩\x1b[A\x1b[1;5C\x1bOH\x1b[3~\r";
  const auto whole = keys_of(bytes);
  KeyDecoder decoder;
  std::vector<Key> one_by_one;
  for (const char byte : bytes) {
    decoder.feed({&byte, 1});
    for (const Key& key : keys_of(decoder)) one_by_one.push_back(key);
  }
  EXPECT_EQ(one_by_one, whole);
  EXPECT_THAT(whole, ElementsAre(Key{KeyKind::kCharacter, "a"}, Key{KeyKind::kCharacter, "ü"}, Key{KeyKind::kCharacter, "日"},
                                 Key{KeyKind::kCharacter, "👩"}, Key{KeyKind::kUp}, Key{KeyKind::kRight}, Key{KeyKind::kHome},
                                 Key{KeyKind::kDelete}, Key{KeyKind::kEnter}));
}

TEST(Keys, EscapeWaitsUntilNothingFollows) {
  KeyDecoder decoder;
  decoder.feed("\x1b");
  EXPECT_THAT(keys_of(decoder), IsEmpty());
  EXPECT_TRUE(decoder.is_in_escape());
  decoder.nothing_follows();
  EXPECT_THAT(keys_of(decoder), ElementsAre(Key{KeyKind::kEscape}));
  decoder.feed("\x1b");
  EXPECT_THAT(keys_of(decoder), IsEmpty()) << "the next one waits again";
}

TEST(Keys, EscapeAndAControlCharacterAreTwoKeys) {
  EXPECT_THAT(keys_of("\x1b\x03"), ElementsAre(Key{KeyKind::kEscape}, Key{KeyKind::kInterrupt}));
  EXPECT_THAT(keys_of("\x1b\x1b"), ElementsAre(Key{KeyKind::kEscape}, Key{KeyKind::kEscape}));
}

TEST(Keys, GarbageEndsAndWhatFollowsIsRead) {
  const auto keys = keys_of("\x1b[" + std::string(200, '1') + "\r");
  EXPECT_EQ(keys.back(), Key{KeyKind::kEnter});
  EXPECT_EQ(keys_of("\xe6\x97\r").back(), Key{KeyKind::kEnter});
}

}  // namespace
}  // namespace innernet::prompt
