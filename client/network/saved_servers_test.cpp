#include "saved_servers.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "innernet/base/file.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "network_files.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct SavedServersTest : ::testing::Test {
  innernet::testing::TempDir folder;
  Folders folders{folder / "etc", folder / "var"};
  wg::PublicKey key = new_key();
  SavedServers saved{folders, evilcorp(), key};
  WallTime now{1'795'363'000s};
  KnownServers known{.servers = {endpoint("192.0.2.1:1")}, .term = 7};

  SavedServersTest() { std::filesystem::create_directory(folders.data); }
  struct stat status() const {
    struct stat status{};
    ::stat(servers_file(folders, evilcorp()).c_str(), &status);
    return status;
  }
};

TEST_F(SavedServersTest, AreKeptPrivatelyAndBelongToTheNetworksFiles) {
  EXPECT_TRUE(saved.read().is_empty());
  EXPECT_TRUE(saved.save(known, now));
  EXPECT_EQ(saved.read(), known);
  EXPECT_EQ(status().st_mode & 07777U, 0600U);
  EXPECT_TRUE(SavedServers(folders, evilcorp(), new_key()).read().is_empty());
  const auto files = network_files(folders, evilcorp());
  EXPECT_NE(std::ranges::find(files, servers_file(folders, evilcorp())), files.end()) << "uninstall removes them";
}

TEST_F(SavedServersTest, AreNoFileWhenThereAreNone) {
  EXPECT_TRUE(saved.save({}, now));
  EXPECT_FALSE(std::filesystem::exists(servers_file(folders, evilcorp())));
  EXPECT_TRUE(saved.save(known, now));
  EXPECT_TRUE(saved.save({}, now));
  EXPECT_FALSE(std::filesystem::exists(servers_file(folders, evilcorp())));
}

TEST_F(SavedServersTest, SayWhenAServerHasAnsweredLastToTheMinute) {
  EXPECT_EQ(saved.age(now), 0s);
  EXPECT_TRUE(saved.save(known, now));
  const auto inode = status().st_ino;
  EXPECT_EQ(saved.age(now + 5min), 5min);
  EXPECT_EQ(saved.age(now - 1h), 0s) << "the clock was set";
  EXPECT_TRUE(saved.save(known, now + 59s));
  EXPECT_EQ(saved.age(now + 60s), 60s) << "not each answer costs a write";
  EXPECT_TRUE(saved.save(known, now + 60s));
  EXPECT_EQ(saved.age(now + 60s), 0s);
  EXPECT_EQ(status().st_ino, inode);
  EXPECT_TRUE(saved.save(known, now - 1h));
  EXPECT_EQ(saved.age(now), 1h) << "nor is a file of the future of use";
}

TEST_F(SavedServersTest, ThatCantBeWrittenLeaveWhatWasThere) {
  EXPECT_TRUE(saved.save(known, now));
  const auto path = servers_file(folders, evilcorp());
  ASSERT_TRUE(remove_file(path));
  std::filesystem::create_directory(path);
  EXPECT_FALSE(saved.save(known, now));
  EXPECT_FALSE(saved.save({}, now));
}

}  // namespace
}  // namespace innernet::client
