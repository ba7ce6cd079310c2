// A key that was read, written and used is in memory no more, in no form and not in part; one that is in use is in locked memory alone.

#include <gmock/gmock.h>

#include "innernet/base/file.hpp"
#include "innernet/config/config.hpp"
#include "innernet/testing/planted_key.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet {

namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using testing::PlaceInMemory;
using testing::PlantedKey;

InterfaceConfig with(const wg::PrivateKey& key) {
  auto config = InterfaceConfig::parse(
      "[interface]\nnetwork-name = \"evilcorp\"\naddress = \"10.66.1.2/16\"\nprivate-key = "
      "\"WAmgVYXkbT2bCtdcDwolI88/iVi/aV3/PHcUBTQSYmo=\"\n"
      "[server]\npublic-key = \"IJyYqnXcPSi4LkWBGQFkmZfdCTgYH+FnAxRpqKhIB1o=\"\nexternal-endpoint = \"192.0.2.1:51820\"\n"
      "internal-endpoint = \"10.66.0.1:51820\"\n");
  config->private_key = key;
  return *std::move(config);
}

class KeyMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::kMemoryCanBeSearched) GTEST_SKIP() << "!!!! NOT RUN: the search for keys in memory, under a sanitizer !!!!";
    // Whatever is called for the first time is bound by the dynamic linker, which saves vector registers on the stack, and what they have
    // of a key. The programs are bound before they begin (-z now).
    ASSERT_FALSE(InterfaceConfig::parse("["));
    ASSERT_TRUE(key.plant([&](const wg::PrivateKey& planted) {
      return create_file(file, with(planted).to_toml().reveal()).has_value() &&
             create_file(
                 dir / "server.conf",
                 ServerConfig{
                     .private_key = planted, .listen_port = 51820, .address = *IpAddress::parse("10.66.0.1"), .network_cidr_prefix = 16}
                     .to_toml()
                     .reveal())
                 .has_value();
    }));
    ASSERT_THAT(key.places(), IsEmpty()) << "the search finds itself";
  }

  testing::TempDir dir;
  std::filesystem::path file = dir / "evilcorp.conf";
  PlantedKey key;
};

TEST_F(KeyMemory, TheSearchFindsAKeyThatIsThere) {
  const auto text = read_file(file);
  ASSERT_TRUE(text);
  EXPECT_THAT(key.places(), Not(IsEmpty()));
}

TEST_F(KeyMemory, AConfigInUseHasItInLockedMemoryAlone) {
  const auto config = InterfaceConfig::read(file);
  ASSERT_TRUE(config);
  const auto places = key.places();
  EXPECT_THAT(places, Not(IsEmpty()));
  EXPECT_THAT(places, Each(::testing::Field(&PlaceInMemory::is_locked, true)));
}

TEST_F(KeyMemory, AConfigThatWasReadLeavesNothing) {
  ASSERT_TRUE(InterfaceConfig::read(file));
  EXPECT_THAT(key.places(), IsEmpty());
  ASSERT_TRUE(ServerConfig::read(dir / "server.conf"));
  EXPECT_THAT(key.places(), IsEmpty());
}

TEST_F(KeyMemory, AConfigThatIsReadInVainLeavesNothing) {
  struct Case {
    const char* found;
    const char* put;
  };
  // A key that is too long to be one, text that is no TOML behind it, and something that is missing.
  for (const Case& c : {Case{"=\"\n\n[server]", "=A\"\n\n[server]"}, Case{"[server]", "[server"}, Case{"external-endpoint", "external"}}) {
    ASSERT_TRUE(key.plant([&](const wg::PrivateKey& planted) {
      SecretText text = with(planted).to_toml();
      const std::string_view found = c.found;
      text.edit().replace(text.reveal().find(found), found.size(), c.put);
      return replace_file(file, text.reveal()).has_value();
    }));
    EXPECT_FALSE(InterfaceConfig::read(file)) << c.put;
    EXPECT_THAT(key.places(), IsEmpty()) << c.put;
  }
}

TEST_F(KeyMemory, AConfigThatWasWrittenLeavesNothing) {
  {
    auto config = InterfaceConfig::read(file);
    ASSERT_TRUE(config);
    for (int i = 1; i < 100; ++i)
      config->peer_endpoint_overrides.insert_or_assign(*IpAddress::parse("10.66.2." + std::to_string(i)),
                                                       *Endpoint::parse("vpn.example:51820"));
    ASSERT_TRUE(replace_file(file, config->to_toml().reveal()));
  }
  EXPECT_THAT(key.places(), IsEmpty());
}

TEST_F(KeyMemory, AnInvitationThatWasMadeLeavesNothing) {
  ASSERT_TRUE(create_file(dir / "invitation.toml", with(wg::PrivateKey::generate()).to_invitation().reveal()));
  const PlantedKey made(dir / "invitation.toml", "private-key = \"");
  EXPECT_THAT(made.places(), IsEmpty());
}

TEST_F(KeyMemory, AKeyThatWasUsedLeavesNothing) {
  {
    const auto config = InterfaceConfig::read(file);
    ASSERT_TRUE(config);
    const wg::PrivateKey copy = config->private_key;
    EXPECT_TRUE(same_key(copy, config->private_key));
    EXPECT_EQ(copy.public_key(), config->private_key.public_key());
  }
  EXPECT_THAT(key.places(), IsEmpty());
}

}  // namespace
}  // namespace innernet
