#include "innernet/client/data_store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "innernet/base/file.hpp"
#include "innernet/client/difference.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "network_files.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::HasSubstr;

struct DataStoreTest : ::testing::Test {
  innernet::testing::TempDir folder;
  std::filesystem::path path = folder / "evilcorp.json";

  DataStore load() { return **DataStore::load(path); }
  static ino_t inode(const std::filesystem::path& of) {
    struct stat status{};
    ::stat(of.c_str(), &status);
    return status.st_ino;
  }
};

TEST_F(DataStoreTest, IsNoneWithoutAFile) { EXPECT_FALSE(*DataStore::load(path)); }

TEST_F(DataStoreTest, KeepsWhatItWasToldPrivately) {
  auto store = DataStore::empty(path);
  State state{.peers = {peer(1, "a", "10.66.0.1", new_key())}, .cidrs = {Cidr{{"evilcorp", net("10.66.0.0/16"), {}}, kRootCidr}}};
  ASSERT_TRUE(store.update(state));
  ASSERT_TRUE(store.save());
  EXPECT_EQ(load().state(), state);
  struct stat status{};
  ::stat(path.c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(DataStoreTest, WritesNothingWhenNothingChanged) {
  auto store = DataStore::empty(path);
  const State state{.peers = {peer(1, "a", "10.66.0.1", new_key())}, .cidrs = {}};
  ASSERT_TRUE(store.update(state));
  ASSERT_TRUE(store.save());
  const ino_t before = inode(path);
  auto again = load();
  ASSERT_TRUE(again.update(state));
  ASSERT_TRUE(again.save());
  EXPECT_EQ(inode(path), before);
}

TEST_F(DataStoreTest, TakesNoMorePeersThanCanBeReadAgain) {
  auto store = DataStore::empty(path);
  const Peer model = peer(1, "a", "10.0.0.0", new_key());
  const auto peers_from = [&](std::size_t first, std::size_t count) {
    State state;
    state.peers.assign(count, model);
    for (std::size_t i = 0; i < count; ++i) state.peers[i].ip = *model.ip.plus(first + i);
    return state;
  };
  ASSERT_TRUE(store.update(peers_from(0, kMostInList)));
  const auto one_more = store.check_pins(peers_from(1, kMostInList));
  ASSERT_FALSE(one_more);
  EXPECT_THAT(one_more.error().message(), ::testing::AllOf(HasSubstr("262144"), HasSubstr(path.string())));
  EXPECT_TRUE(store.check_pins(peers_from(1, kMostInList - 1)));
}

TEST_F(DataStoreTest, AnotherKeyForAKnownAddressIsAnErrorAndChangesNothing) {
  auto store = DataStore::empty(path);
  const State state{.peers = {peer(1, "a", "10.66.0.1", new_key()), peer(2, "b", "10.66.0.2", new_key())}, .cidrs = {}};
  ASSERT_TRUE(store.update(state));
  State other = state;
  other.peers[0].name = *Hostname::parse("renamed");
  other.peers[1].public_key = new_key();
  const auto updated = store.update(other);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_THAT(updated.error().message(), HasSubstr(path.string()));
  EXPECT_EQ(store.state(), state);
}

TEST_F(DataStoreTest, OneAddressForTwoPeersIsAnError) {
  auto store = DataStore::empty(path);
  EXPECT_FALSE(store.update({.peers = {peer(1, "a", "10.66.0.1", new_key()), peer(2, "b", "10.66.0.1", new_key())}, .cidrs = {}}));
}

TEST_F(DataStoreTest, PeersThatAreGoneStayDisabledAndPinned) {
  auto store = DataStore::empty(path);
  ASSERT_TRUE(store.update({.peers = {peer(1, "a", "10.66.0.1", new_key()), peer(2, "b", "10.66.0.2", new_key())}, .cidrs = {}}));
  const Peer first = store.state().peers.front();
  const Peer gone = store.state().peers.back();
  ASSERT_TRUE(store.update({.peers = {first}, .cidrs = {}}));
  ASSERT_EQ(store.state().peers.size(), 2U);
  EXPECT_TRUE(store.state().peers.back().is_disabled);
  EXPECT_FALSE(store.update({.peers = {first, peer(2, "b", "10.66.0.2", new_key())}, .cidrs = {}}));
  ASSERT_TRUE(store.update({.peers = {first, gone}, .cidrs = {}}));
  EXPECT_FALSE(store.state().peers.back().is_disabled);
}

TEST_F(DataStoreTest, ACorruptFileIsKeptBesideWithAWarning) {
  ASSERT_TRUE(replace_file(path, "{\"version\":\"1\",\"peers\":[{"));
  ::testing::internal::CaptureStderr();
  const auto loaded = DataStore::load(path);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("evilcorp.json.corrupt"));
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(*loaded);
  EXPECT_EQ(*read_file(corrupt_copy(path)), "{\"version\":\"1\",\"peers\":[{");
}

TEST(ApplyOverrides, ReplacesEndpointsOfTheirAddressesOnly) {
  State state{.peers = {peer(1, "a", "10.66.0.1", new_key()), peer(2, "b", "10.66.0.2", new_key())}, .cidrs = {}};
  apply_overrides(state, {{ip("10.66.0.2"), endpoint("192.0.2.9:1")}});
  EXPECT_FALSE(state.peers[0].endpoint);
  EXPECT_EQ(state.peers[1].endpoint, endpoint("192.0.2.9:1"));
}

}  // namespace
}  // namespace innernet::client
