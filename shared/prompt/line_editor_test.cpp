#include "line_editor.hpp"

#include <gtest/gtest.h>

namespace innernet::prompt {
namespace {

/// Presses the keys of `bytes` and shows the line with a bar for the cursor.
std::string after(std::string_view start, std::string_view bytes) {
  LineEditor editor(start);
  KeyDecoder decoder;
  decoder.feed(bytes);
  while (const auto key = decoder.next()) editor.press(*key);
  return std::string(editor.before_cursor()) + "|" + std::string(editor.after_cursor());
}

#define LEFT "\x1b[D"
#define RIGHT "\x1b[C"

TEST(LineEditor, EditsAsAPersonExpects) {
  const struct {
    std::string_view start;
    std::string_view keys;
    std::string_view result;
  } cases[] = {
      {"", "abc", "abc|"},
      {"abc", LEFT LEFT "x", "ax|bc"},
      {"abc", "\x01x", "x|abc"},
      {"abc", "\x01\x05x", "abcx|"},
      {"abc", "\x7f\x7f", "a|"},
      {"abc", "\x01\x7f", "|abc"},
      {"abc", "\x01\x1b[3~", "|bc"},
      {"abc", LEFT LEFT LEFT LEFT RIGHT "x", "ax|bc"},
      {"abc def", "\x17x", "abc x|"},
      {"abc def  ", "\x17", "abc |"},
      {"abc def", LEFT LEFT "\x0b", "abc d|"},
      {"abc def", LEFT "\x15", "|"},
      {"日本", LEFT "x", "日x|本"},
      {"日本", "\x7f", "日|"},
      {"e\u0301", LEFT "x", "x|e\u0301"},
      {"xe\u0301", "\x7f", "x|"},
  };
  for (const auto& c : cases) EXPECT_EQ(after(c.start, c.keys), c.result) << c.start;
}

TEST(LineEditor, NoKeyButACharacterChangesAnEmptyLine) {
  for (int kind = 0; kind <= static_cast<int>(KeyKind::kUnknown); ++kind) {
    if (static_cast<KeyKind>(kind) == KeyKind::kCharacter) continue;
    LineEditor editor;
    EXPECT_FALSE(editor.press({static_cast<KeyKind>(kind)})) << kind;
    EXPECT_EQ(editor.text(), "") << kind;
  }
}

TEST(LineEditor, HasAnEnd) {
  LineEditor editor(std::string(1024, 'x'));
  EXPECT_FALSE(editor.press({KeyKind::kCharacter, "y"}));
  EXPECT_EQ(editor.text().size(), 1024U);
}

}  // namespace
}  // namespace innernet::prompt
