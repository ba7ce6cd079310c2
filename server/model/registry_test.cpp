#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "db/sqlite/connection.hpp"
#include "db/sqlite/schema.hpp"
#include "innernet/base/file.hpp"
#include "innernet/testing/sample_network.hpp"
#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

void run_sql(const std::filesystem::path& path, std::string_view sql) {
  if (!std::filesystem::exists(path)) std::ofstream(path).close();
  auto connection = must(db::Connection::open(path, 5s));
  must(connection.execute(sql));
}

std::int64_t query(const std::filesystem::path& path, std::string_view sql) {
  auto connection = must(db::Connection::open(path, 5s));
  return must(connection.query_integer(sql));
}

Registry::NewNetwork new_network(const Family& family = {}) {
  return {"evilcorp", family.root(), family.server(), key_of(1), *Endpoint::parse("192.0.2.1:51820")};
}

TEST(Create, MakesRootServerCidrAndServerPeerInAPrivateFile) {
  TempDir folder;
  const auto path = folder / "new.db";
  must(Registry::create(path, new_network()));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto files = std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator());
  EXPECT_EQ(files, 1) << "one whole file";
  const auto registry = must(Registry::open(path));
  const Network& network = registry.network();
  EXPECT_EQ(network.find_cidr(kRootCidr)->name, "evilcorp");
  EXPECT_EQ(network.find_cidr(kServerCidr)->cidr.to_string(), "10.42.0.1/32");
  const Peer& server = network.find_peer(kServerPeer)->peer;
  EXPECT_EQ(server.name.str(), "innernet-server");
  EXPECT_TRUE(server.is_admin && server.is_redeemed && !server.is_disabled);
  EXPECT_EQ(server.endpoint->to_string(), "192.0.2.1:51820");
  EXPECT_EQ(query(path, "PRAGMA user_version"), 2);
}

TEST(Create, TouchesNothingThatIsThereAndLeavesNothingBehind) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    TempDir folder;
    const auto path = folder / "new.db";
    std::ofstream(path.native() + suffix) << "precious";
    const auto made = Registry::create(path, new_network());
    ASSERT_FALSE(made) << suffix;
    EXPECT_EQ(made.error().kind(), ErrorKind::kAlreadyExists);
    EXPECT_EQ(must(read_file(path.native() + suffix)), "precious");
    EXPECT_EQ(std::filesystem::exists(path), *suffix == '\0');
  }
}

TEST(Open, MigratesEveryOlderVersionAndKeepsItsRows) {
  for (const std::string family : {"ipv4", "ipv6"})
    for (int version = 0; version <= 2; ++version) {
      TempDir folder;
      const auto path = folder / "old.db";
      run_sql(path, must(read_file(fmt::format("{}/{}/server-v{}.sql", INNERNET_TEST_DATA, family, version))));
      auto registry = must(Registry::open(path));
      EXPECT_EQ(registry.network().peers().size(), 5U);
      const Peer& pending = registry.network().find_peer(PeerId{5})->peer;
      EXPECT_EQ(pending.invite_expires.has_value(), version > 0);
      EXPECT_EQ(registry.network().find_peer(PeerId{2})->peer.candidates.size(), version == 2 ? 1U : 0U);
      must(registry.write([](Registry::Writer& writer) -> Result<void> {
        TRY_VOID(writer.rename_cidr(kHumans, "people"));
        return {};
      }));
      must(registry.close());
      EXPECT_EQ(query(path, "PRAGMA user_version"), 2);
      EXPECT_EQ(query(path, "SELECT count(candidates) + count(invite_expires) >= 0 FROM peers"), 1);
    }
}

TEST(Open, AddsOnlyColumnsThatAreMissing) {
  TempDir folder;
  const auto path = folder / "odd.db";
  run_sql(path, must(read_file(INNERNET_TEST_DATA "/ipv4/server-v2.sql")));
  run_sql(path, "PRAGMA user_version = 0");
  EXPECT_EQ(must(Registry::open(path)).network().peers().size(), 5U);
  EXPECT_EQ(query(path, "PRAGMA user_version"), 2);
}

TEST(Open, RefusesANewerSchemaUntouchedAndWhatIsNoDatabaseOfOurs) {
  TempDir folder;
  const auto path = folder / "newer.db";
  run_sql(path, must(read_file(INNERNET_TEST_DATA "/ipv4/server-v2.sql")));
  run_sql(path, "PRAGMA user_version = 3");
  const std::string before = must(read_file(path));
  const auto opened = Registry::open(path);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("version is 3"));
  EXPECT_EQ(must(read_file(path)), before);

  EXPECT_EQ(Registry::open(folder / "missing.db").error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(Registry::open(folder / "missing.db").error().message(), HasSubstr("missing.db"));
  std::ofstream(folder / "empty.db").close();
  EXPECT_THAT(Registry::open(folder / "empty.db").error().message(), HasSubstr("no innernet database"));
  std::ofstream(folder / "text.db") << std::string(5000, 'x');
  EXPECT_FALSE(Registry::open(folder / "text.db"));
}

TEST(Open, ReadsWhatOnlyOldProgramsWrote) {
  TempDir folder;
  const auto path = folder / "old.db";
  make_database(path, {});
  run_sql(path,
          "INSERT INTO cidrs (id,name,ip,prefix,parent) VALUES (20,'','10.42.20.9',24,1),(21,'second root','10.50.0.0',16,NULL),"
          "(22,'cycle','10.60.0.0',16,23),(23,'other','10.61.0.0',16,22);"
          "INSERT INTO peers (id,name,ip,public_key,cidr_id,endpoint,candidates,is_redeemed) VALUES "
          "(20,'odd','10.42.20.1','AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=',20,'not an endpoint','[\"1.2.3.4:5\",\"bad\"]',1)");
  const auto registry = must(Registry::open(path));
  const Network& network = registry.network();
  EXPECT_TRUE(network.quarantined().empty());
  EXPECT_EQ(network.find_cidr(CidrId{20})->cidr.to_string(), "10.42.20.9/24");
  EXPECT_EQ(network.find_peer(PeerId{20})->peer.endpoint, std::nullopt);
  EXPECT_EQ(network.find_peer(PeerId{20})->peer.candidates.size(), 1U);
  EXPECT_EQ(network.ancestry(CidrId{22}).size(), 2U);
  EXPECT_FALSE(network.visible_roots(CidrId{22}).empty());
}

TEST(Write, RollsEverythingBackWhenOneStepFails) {
  TempDir folder;
  const auto path = folder / "n.db";
  make_database(path, {});
  auto registry = must(Registry::open(path));
  const auto failed = registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.add_peer(peer_contents("new", Family{}.ip(3, 9), kIsland, 9)));
    TRY_VOID(writer.rename_cidr(kHumans, "people"));
    TRY_VOID(writer.delete_cidr(kRobots));
    return {};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(registry.network().find_peer(std::string_view("new")), nullptr);
  EXPECT_EQ(registry.network().find_cidr(kHumans)->name, "humans");
  EXPECT_TRUE(same_rows(registry.network(), must(Registry::open(path)).network()));
}

TEST(Write, ValidatesAgainstWhatOthersWroteMeanwhile) {
  TempDir folder;
  const auto path = folder / "n.db";
  make_database(path, {});
  auto first = must(Registry::open(path));
  auto second = must(Registry::open(path));
  const auto add = [](Registry& registry, std::uint32_t key) {
    return registry.write([&](Registry::Writer& writer) -> Result<void> {
      TRY_VOID(writer.add_peer(peer_contents("new", Family{}.ip(3, 9), kIsland, key)));
      return {};
    });
  };
  must(add(first, 9));
  const auto taken = add(second, 10);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("belongs to peer"));
  EXPECT_FALSE(must(second.refresh()));
}

// The header of the log's index stands for data_version, which costs three calls to the system each time.
TEST(LogHeader, ChangesWithEachCommitOfWhomeverAndWithNothingElse) {
  TempDir folder;
  const auto path = folder / "net.db";
  make_database(path, {});
  auto ours = must(db::Connection::open(path, 5s));
  auto theirs = must(db::Connection::open(path, 5s));
  ASSERT_TRUE(must(db::has_log(ours)));
  const auto read = [&] { return must(ours.query_integer("SELECT count(*) FROM peers")); };
  read();
  auto before = ours.log_header();
  ASSERT_TRUE(before);
  must(theirs.query_integer("SELECT count(*) FROM peers"));
  must(theirs.execute("BEGIN IMMEDIATE; UPDATE peers SET name = 'never' WHERE id = 3; ROLLBACK"));
  EXPECT_EQ(ours.log_header(), before) << "nothing was committed";
  for (const char* sql : {"UPDATE peers SET name = 'a' WHERE id = 3", "UPDATE peers SET name = 'b' WHERE id = 3",
                          "PRAGMA wal_checkpoint(TRUNCATE); UPDATE peers SET name = 'a' WHERE id = 3"}) {
    must(theirs.execute(sql));
    EXPECT_NE(ours.log_header(), before) << sql;
    read();
    before = ours.log_header();
    ASSERT_TRUE(before) << sql;
  }
  must(ours.execute("UPDATE peers SET name = 'ours' WHERE id = 3"));
  EXPECT_NE(ours.log_header(), before);
  must(ours.close());
  EXPECT_FALSE(ours.log_header());
}

TEST(LogHeader, IsNoneWithoutALog) {
  TempDir folder;
  const auto path = folder / "old.db";
  std::ofstream(path).close();
  auto connection = must(db::Connection::open(path, 5s));
  must(connection.execute("CREATE TABLE t (a)"));
  EXPECT_FALSE(must(db::has_log(connection)));
}

TEST(Write, StoresEachMemberOfAPeer) {
  TempDir folder;
  const auto path = folder / "evilcorp.db";
  const Family family;
  make_database(path, family);
  PeerContents whole{{.name = must(Hostname::parse("whole")), .ip = family.ip(1, 9), .cidr_id = kHumans, .public_key = key_of(9)}, {}};
  PeerContents bare{{.name = must(Hostname::parse("bare")), .ip = family.ip(2, 9), .cidr_id = kRobots, .public_key = key_of(10)}, {}};
  whole.is_admin = whole.is_disabled = whole.is_redeemed = true;
  whole.invite_expires = UnixTime{1'900'000'000, 0};
  whole.endpoint = must(Endpoint::parse("vpn.example.com:4711"));
  whole.persistent_keepalive_interval = 7;
  whole.candidates = {must(Endpoint::parse("192.168.7.7:51820"))};
  whole.is_relay = true;
  whole.relay_distances = {{.relay = PeerId{1}, .milliseconds = 40}};
  whole.relay = RelayOfPeer{.public_key = key_of(11), .port = 51821};
  innernet::testing::for_each_member(whole, bare, [](const char* name, const auto& ours, const auto& by_default) {
    EXPECT_NE(ours, by_default) << name << ": what the database forgets would not be seen";
  });

  auto registry = must(Registry::open(path));
  std::optional<Peer> added;
  must(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(added, writer.add_peer(whole));
    return {};
  }));
  // What the server says for every peer is not stored, nor is what peers say again soon.
  whole.persistent_keepalive_interval = std::nullopt;
  whole.relay_distances.clear();
  EXPECT_EQ(*added, (Peer{whole, added->id}));
  EXPECT_EQ(must(Registry::open(path)).network().find_peer(added->id)->peer, *added);
}

TEST(Write, DeletesOnlyPeersThatWereNeverRedeemed) {
  TempDir folder;
  const auto path = folder / "n.db";
  make_database(path, {});
  auto registry = must(Registry::open(path));
  const auto remove = [&](PeerId id) {
    return registry.write([&](Registry::Writer& writer) -> Result<void> { return writer.delete_unredeemed_peer(id); });
  };
  EXPECT_FALSE(remove(kUser));
  EXPECT_FALSE(remove(kServerPeer));
  EXPECT_EQ(remove(PeerId{99}).error().kind(), ErrorKind::kNotFound);
  EXPECT_TRUE(remove(kPending));
}

TEST(Registry, RefusesAPeerThatTheDeviceHasNoRoomFor) {
  TempDir folder;
  const Family family;
  make_database(folder / "n.db", family);
  auto registry = must(Registry::open(folder / "n.db"));
  EXPECT_EQ(registry.network().on_device(), 3U) << "neither the server nor who is disabled";
  const auto add = [&](unsigned host, bool is_disabled) {
    auto peer = peer_contents("peer" + std::to_string(host), family.ip(1, host), kHumans, 100 + host);
    peer.is_disabled = is_disabled;
    return registry.write([&](Registry::Writer& writer) -> Result<void> {
      TRY_VOID(writer.add_peer(peer));
      return {};
    });
  };
  const auto set_disabled = [&](PeerId id, bool is_disabled) {
    return registry.write([&](Registry::Writer& writer) -> Result<void> {
      auto change = PeerChange::to(registry.network().find_peer(id)->peer);
      change.is_disabled = is_disabled;
      TRY_VOID(writer.update_peer(id, change));
      return {};
    });
  };
  registry.set_max_on_device(4);
  EXPECT_TRUE(add(10, false));
  const auto refused = add(11, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_THAT(refused.error().message(), HasSubstr("at most 4 peers"));
  EXPECT_TRUE(add(12, true)) << "it takes no room";
  EXPECT_FALSE(set_disabled(kGone, false));
  EXPECT_TRUE(set_disabled(kAdmin, true));
  EXPECT_TRUE(set_disabled(kGone, false));
  EXPECT_EQ(registry.network().on_device(), 4U);
  registry.set_max_on_device(std::nullopt);
  EXPECT_TRUE(add(11, false));
  EXPECT_EQ(registry.network().on_device(), 5U);
}

}  // namespace
}  // namespace innernet::server
