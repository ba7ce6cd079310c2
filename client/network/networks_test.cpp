#include "innernet/client/networks.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "innernet/base/file.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "network_files.hpp"
#include "pending_install.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct NetworksTest : ::testing::Test {
  innernet::testing::TempDir folder;
  Folders folders{folder / "etc", folder / "var"};
};

TEST_F(NetworksTest, AreTheRegularConfFiles) {
  EXPECT_TRUE(configured_networks(folders)->empty()) << "no folder";
  std::filesystem::create_directory(folders.config);
  for (const char* file : {"b.conf", "a.conf", "Bad.conf", ".hidden.conf", "c.pending", "this-name-is-far-too-long.conf", "d.conf.old"})
    ASSERT_TRUE(replace_file(folders.config / file, ""));
  std::filesystem::create_directory(folders.config / "folder.conf");
  ::testing::internal::CaptureStderr();
  const auto networks = configured_networks(folders);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("this-name-is-far-too-long.conf"));
  std::vector<std::string> names;
  for (const auto& name : *networks) names.push_back(name.str());
  EXPECT_THAT(names, ElementsAre("Bad", "a", "b"));
}

TEST_F(NetworksTest, TheKeyOfAnotherIsForeign) {
  const auto own = wg::PrivateKey::generate();
  const auto invitation = wg::PrivateKey::generate();
  const auto with_key = [](const std::optional<wg::PublicKey>& key) {
    return wg::Device{.name = evilcorp(), .private_key = {}, .public_key = key, .listen_port = 0, .fwmark = 0, .peers = {}};
  };
  EXPECT_FALSE(has_foreign_key(folders, with_key(new_key()))) << "no config says what it should be";
  std::filesystem::create_directory(folders.config);
  const auto config = config_of(own, new_key(), address("127.0.0.1:1"));
  ASSERT_TRUE(write_config(folders, evilcorp(), config));
  EXPECT_TRUE(has_foreign_key(folders, with_key(new_key())));
  EXPECT_TRUE(has_foreign_key(folders, with_key(invitation.public_key())));
  EXPECT_FALSE(has_foreign_key(folders, with_key(own.public_key())));
  EXPECT_FALSE(has_foreign_key(folders, with_key(std::nullopt))) << "half configured";
  const PendingInstall pending{.invitation = invitation.public_key(), .config = config};
  ASSERT_TRUE(replace_file(folders.config_file(evilcorp()), pending.to_text().reveal()));
  EXPECT_FALSE(has_foreign_key(folders, with_key(invitation.public_key()))) << "an install was cut short";
}

TEST_F(NetworksTest, AMissingConfigSaysWhatToDo) {
  const auto config = read_config(folders, evilcorp());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(config.error().message(), HasSubstr("innernet install"));
}

TEST_F(NetworksTest, TheLockNamesItsHolder) {
  const auto first = lock_network(folders, evilcorp(), nullptr, ReadOnly::kRefused, std::chrono::milliseconds(0));
  ASSERT_TRUE(first);
  const auto second = lock_network(folders, evilcorp(), nullptr, ReadOnly::kRefused, std::chrono::milliseconds(0));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(::getpid())));
}

// A daemon that waits for the lock while the network is uninstalled takes it, sees that there is nothing to do, and leaves nothing.
TEST_F(NetworksTest, TheLockGoesWithTheNetwork) {
  std::filesystem::create_directory(folders.config);
  ASSERT_TRUE(replace_file(folders.config_file(evilcorp()), "x"));
  ASSERT_TRUE(lock_network(folders, evilcorp(), nullptr, ReadOnly::kRefused));
  EXPECT_TRUE(std::filesystem::exists(folders.lock_file(evilcorp())));
  ASSERT_TRUE(remove_file(folders.config_file(evilcorp())));
  ASSERT_TRUE(lock_network(folders, evilcorp(), nullptr, ReadOnly::kRefused));
  EXPECT_TRUE(std::filesystem::is_empty(folders.data));
}

TEST_F(NetworksTest, AStopEndsTheWaitForTheLock) {
  const auto first = lock_network(folders, evilcorp(), nullptr, ReadOnly::kRefused, std::chrono::milliseconds(0));
  auto stop = Stop::create();
  stop->request();
  const auto second = lock_network(folders, evilcorp(), &*stop, ReadOnly::kRefused, std::chrono::hours(1));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(), "stopped");
}

TEST_F(NetworksTest, ADaemonIsKnownWhileItLives) {
  std::filesystem::create_directory(folders.data);
  EXPECT_EQ(daemon_of(folders, evilcorp()), std::nullopt);
  {
    const auto mark = FileLock::acquire(daemon_file(folders, evilcorp()), std::chrono::milliseconds(0));
    EXPECT_EQ(daemon_of(folders, evilcorp()), ::getpid());
  }
  EXPECT_EQ(daemon_of(folders, evilcorp()), std::nullopt);
}

}  // namespace
}  // namespace innernet::client
