#include "masked_keys.hpp"

#include <gmock/gmock.h>

namespace innernet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKey = "WAmgVYXkbT2bCtdcDwolI88/iVi/aV3/PHcUBTQSYmo=";

TEST(MaskedKeys, HideWhatIsBehindTheName) {
  for (const std::string& document :
       {"private-key = \"" + kKey + "\"\n", "[interface]\n  private-key=\t'" + kKey + "'  # mine", "a = { private-key = \"" + kKey + "\" }",
        "interface.private-key = \"" + kKey + "\"", "\"private-key\" = \"" + kKey + "\"", "# private-key = \"" + kKey + "\""}) {
    const MaskedKeys masked(document);
    EXPECT_THAT(masked.document(), Not(HasSubstr(kKey.substr(0, 8)))) << document;
    EXPECT_EQ(masked.document().size(), document.size()) << "what an error tells of lines and columns stays true";
    const std::size_t at = document.find(kKey);
    EXPECT_EQ(masked.unmasked(masked.document().substr(at, kKey.size())), kKey) << document;
  }
}

TEST(MaskedKeys, LeaveEverythingElse) {
  for (const std::string& document :
       {std::string(), std::string("private-key"), std::string("private-key ="), std::string("private-key = \""),
        std::string("private-key = 3"), std::string("private-key = \"short\""), "public-key = \"" + kKey + "\"",
        "private-key = \"\"\"" + kKey + "\"\"\"", "private-key = \"" + kKey, "private-key = \"" + kKey + "\n\"",
        "private-key = \"" + kKey + "\\u0041\"", "private-key is \"" + kKey + "\""})
    EXPECT_EQ(MaskedKeys(document).document(), document);
}

TEST(MaskedKeys, AreToldApart) {
  std::string document;
  for (int i = 0; i < 12; ++i) document += "private-key = \"" + std::string(44, static_cast<char>('a' + i)) + "\"\n";
  const MaskedKeys masked(document);
  for (std::size_t i = 0; i < 12; ++i) {
    const std::size_t at = i * (document.size() / 12) + std::string_view("private-key = \"").size();
    EXPECT_EQ(masked.unmasked(masked.document().substr(at, 44)), document.substr(at, 44));
  }
}

TEST(MaskedKeys, AValueThatIsNoMaskIsItself) {
  const MaskedKeys masked("private-key = \"" + kKey + "\"");
  for (const std::string& value :
       {std::string(), std::string("0"), std::string(43, '0'), std::string(43, '0') + "1", std::string(44, '9'), kKey})
    EXPECT_EQ(masked.unmasked(value), value);
}

TEST(MaskedKeys, ManyTakeLittleMemory) {
  std::string document;
  for (int i = 0; i < 100'000; ++i) document += "private-key='" + kKey + "'\n";
  const MaskedKeys masked(document);
  EXPECT_EQ(masked.document().size(), document.size());
}

}  // namespace
}  // namespace innernet
