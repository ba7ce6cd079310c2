#include "innernet/base/interface_name.hpp"

#include <gtest/gtest.h>

namespace innernet {
namespace {

TEST(InterfaceName, TakesWhatTheKernelTakes) {
  for (const char* text : {"a", "evilcorp", "wg0", "fifteen-letters", "Bad", "a.b", "...", "-x", "wg_1", "caf\xC3\xA9", "all0", "All"}) {
    const auto name = InterfaceName::parse(text);
    ASSERT_TRUE(name) << name.error().message();
    EXPECT_EQ(name->str(), text);
    EXPECT_STREQ(name->c_str(), text);
  }
}

// The name becomes part of paths and socket names: a slash or dots would lead elsewhere.
TEST(InterfaceName, RefusesWhatTheKernelRefuses) {
  const std::string refused[] = {"",
                                 "sixteen-letters-",
                                 ".",
                                 "..",
                                 "a/b",
                                 "/",
                                 "a b",
                                 "a\tb",
                                 "a\n",
                                 "a\v",
                                 "a\f",
                                 "a\r",
                                 "a:b",
                                 std::string("a\0b", 3),
                                 "\xC3\xA0",
                                 std::string(100'000, 'a'),
                                 std::string(1, '\0'),
                                 "all",
                                 "default"};
  for (const auto& text : refused) {
    const auto name = InterfaceName::parse(text);
    ASSERT_FALSE(name) << quoted(text);
    EXPECT_EQ(name.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(name.error().message().find(quoted(text)), std::string::npos) << "the message shows the input";
  }
}

TEST(InterfaceName, IsOrderedAndComparedByText) {
  EXPECT_LT(*InterfaceName::parse("a"), *InterfaceName::parse("b"));
  EXPECT_EQ(*InterfaceName::parse("a"), *InterfaceName::parse("a"));
}

}  // namespace
}  // namespace innernet
