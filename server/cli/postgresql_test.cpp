#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "../model/testing/postgresql.hpp"
#include "fixture.hpp"
#include "innernet/config/config.hpp"
#include "innernet/server/network_databases.hpp"

// The commands on a PostgreSQL database: what each does is the same as on a file, so it is where the database is that counts here.

namespace innernet::server {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresqlCluster;

class OnPostgresql : public Commands {
 protected:
  void SetUp() override { INNERNET_NEEDS_POSTGRESQL(); }

  static PostgresqlCluster& cluster() { return PostgresqlCluster::shared(); }
  static DatabaseUrl new_url() { return *DatabaseUrl::parse(cluster().url(cluster().new_database())); }
  static DatabaseUrl unreachable() { return *DatabaseUrl::parse("postgresql://127.0.0.1:1/evilcorp"); }

  static Words new_network(const DatabaseUrl& url) {
    Words words = network("evilcorp", "10.66.0.0/16");
    words.insert(words.end(), {"--database", url.str()});
    return words;
  }
  static Words move_to(const std::string& where) { return {"move-database", "evilcorp", "--to", where, "--yes"}; }

  std::filesystem::path config_file() const { return folder_ / "etc" / "evilcorp.conf"; }
  std::filesystem::path file() const { return folder_ / "lib" / "evilcorp.db"; }
  ServerConfig config() const { return *ServerConfig::read(config_file()); }
  Holds held_in(const DatabaseUrl& url) const { return *look_into(url, config().private_key.public_key()); }
  std::string said() { return std::exchange(printed_, {}); }

  bool knows(const DatabaseLocation& database, const std::string& peer) {
    return Registry::open(database)->network().find_peer(peer) != nullptr;
  }
};

TEST_F(OnPostgresql, ANetworkIsMadeUsedAndUninstalled) {
  const auto url = new_url();
  succeeds(run(new_network(url)));
  EXPECT_THAT(said(), HasSubstr("  database: " + url.shown() + "\n"));
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_EQ(config().database_url, url);
  EXPECT_EQ(held_in(url), Holds::kThisNetwork);
  EXPECT_EQ(*access_of_others(config_file()), 0U);

  succeeds(run({"add-cidr", "evilcorp", "--name", "humans", "--cidr", "10.66.1.0/24", "--parent", "evilcorp", "--yes"}));
  succeeds(run(peer("alice")));
  succeeds(run({"disable-peer", "evilcorp", "--name", "alice", "--yes"}));
  EXPECT_TRUE(Registry::open(url)->network().find_peer("alice")->peer.is_disabled);
  said();
  succeeds(run({"list-peers", "evilcorp"}));
  EXPECT_THAT(said(), HasSubstr("alice"));

  // A database holds one network.
  Words other = with(new_network(url), "--network-name", "other");
  fails(run(other), ErrorKind::kAlreadyExists, fmt::format("a network is in the database {} already", url.shown()));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "etc" / "other.conf"));
  fails(run(new_network(new_url())), ErrorKind::kAlreadyExists, "evilcorp.conf");

  asker_.answers = {"no"};
  succeeds(run({"uninstall", "evilcorp"}));
  EXPECT_THAT(asker_.asked.back(), HasSubstr("with its database (" + url.shown() + ")"));
  EXPECT_EQ(held_in(url), Holds::kThisNetwork);
  const auto key = config().private_key.public_key();
  succeeds(run({"uninstall", "evilcorp", "--yes"}));
  EXPECT_EQ(*look_into(url, key), Holds::kNothing);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "etc"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "lib"));

  json_ = true;
  succeeds(run(new_network(url)));
  EXPECT_THAT(reported_, HasSubstr(fmt::format(R"("database":"{}"}})", url.shown())));
  // As one that was killed leaves it.
  ASSERT_TRUE(remove_network(url, config().private_key.public_key()));
  fails(run({"list-peers", "evilcorp"}), ErrorKind::kNotFound, "there is no network in it");
  succeeds(run({"uninstall", "evilcorp", "--yes"}));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "etc"));
}

TEST_F(OnPostgresql, NewLeavesNothingBehindWhenItFails) {
  fails(run(new_network(unreachable())), ErrorKind::kUnreachable, "127.0.0.1:1/evilcorp: ");
  fails(run(new_network(unreachable())), ErrorKind::kUnreachable, "see whether PostgreSQL runs there");
  fails(run(new_network(*DatabaseUrl::parse(cluster().url("nowhere")))), ErrorKind::kNotFound, "createdb");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "etc")) << "nothing is written";
  fails(run(with(new_network(new_url()), "--database", "postgresql://u:hunter2@h/d")), ErrorKind::kInvalidInput, "has a password in it");

  // A database in which nobody may make tables: the config, which was written first, goes again.
  const auto url = new_url();
  const auto nowhere = *DatabaseUrl::parse(url.str() + "&options=-csearch_path%3Dnowhere");
  fails(run(new_network(nowhere)), ErrorKind::kSystem, "creating the tables");
  EXPECT_FALSE(std::filesystem::exists(config_file()));

  std::filesystem::create_directory_symlink("/proc/self/fd", folder_ / "etc-broken");  // a folder in which nobody can make a file
  config_ = folder_ / "etc-broken";
  ASSERT_FALSE(run(new_network(url)));
  config_ = folder_ / "etc";
  succeeds(run(new_network(url)));
}

TEST_F(OnPostgresql, ItIsNeverTakenForAFileAndSaysWhatToDo) {
  succeeds(run(network("evilcorp", "10.66.0.0/16")));
  ASSERT_TRUE(replace_file(config_file(), *read_file(config_file()) + "\n[database]\nurl = \"" + unreachable().str() + "\"\n"));
  for (const Words& words : {Words{"list-peers", "evilcorp"}, Words{"list-cidrs", "evilcorp"}, peer("alice")})
    fails(run(words), ErrorKind::kUnreachable, fmt::format("or change [database] url in {}", config_file().string()));
  fails(run({"uninstall", "evilcorp", "--yes"}), ErrorKind::kUnreachable, "nothing was uninstalled");
  fails(run({"uninstall", "evilcorp", "--yes"}), ErrorKind::kUnreachable, "if it is gone for good, remove [database] from");
  EXPECT_TRUE(std::filesystem::exists(config_file()) && std::filesystem::exists(file()));
  fails(run(move_to("sqlite")), ErrorKind::kUnreachable, "127.0.0.1:1");

  // Another network's tables are not this one's to drop.
  const auto theirs = new_url();
  const auto key = wg::PrivateKey::generate().public_key();
  ASSERT_TRUE(Registry::create(
      theirs, {"other", *IpNet::parse("10.9.0.0/16"), *IpAddress::parse("10.9.0.1"), key, *Endpoint::parse("192.0.2.1:1")}));
  ASSERT_TRUE(replace_file(
      config_file(),
      read_file(config_file())->replace(read_file(config_file())->find("postgresql://"), unreachable().str().size(), theirs.str())));
  fails(run({"uninstall", "evilcorp", "--yes"}), ErrorKind::kInvalidInput, "has another key than this one, and stays");
  EXPECT_EQ(*look_into(theirs, key), Holds::kThisNetwork);

  // A config that can't be read may be what names the database.
  ASSERT_TRUE(replace_file(config_file(), "[database\n"));
  succeeds(run({"list-peers", "evilcorp"}));
  std::filesystem::remove(file());
  fails(run({"list-peers", "evilcorp"}), ErrorKind::kInvalidInput, "evilcorp.conf");
}

TEST_F(OnPostgresql, MovesThereAndBack) {
  make_network();
  succeeds(run(peer("alice")));
  ASSERT_TRUE(replace_file(config_file(), "# mine\n" + *read_file(config_file())));
  const auto plain = *read_file(config_file());
  const auto url = new_url();
  said();

  asker_.answers = {"no"};
  succeeds(run(without(move_to(url.str()), "--yes")));
  EXPECT_EQ(said(), "Nothing was changed.\n");
  EXPECT_THAT(asker_.asked.back(), HasSubstr(fmt::format("Move the database of evilcorp from {} to {}?", file().string(), url.shown())));
  EXPECT_EQ(*read_file(config_file()), plain);

  succeeds(run(move_to(url.str())));
  const auto old = file().string() + ".old-1";
  EXPECT_THAT(said(), AllOf(HasSubstr(fmt::format("the database of evilcorp is {} now\n", url.shown())),
                            HasSubstr("2 peers, 4 CIDRs, 0 associations"), HasSubstr(fmt::format("{}, kept as it was", old)),
                            HasSubstr(fmt::format("  rm '{}'\n", old)), HasSubstr("systemctl start innernet-server@evilcorp")));
  EXPECT_EQ(*read_file(config_file()), plain + "\n[database]\nurl = \"" + url.str() + "\"\n");
  EXPECT_EQ(*access_of_others(config_file()), 0U);
  EXPECT_TRUE(knows(url, "alice"));
  EXPECT_FALSE(std::filesystem::exists(file()));
  succeeds(run(peer("bob")));
  EXPECT_TRUE(knows(url, "bob"));
  EXPECT_FALSE(knows(std::filesystem::path(old), "bob"));

  said();
  succeeds(run(move_to(url.str())));
  EXPECT_EQ(said(), fmt::format("the database of evilcorp is {} already\n", url.shown()));

  // The old file has come back, as a restored backup does: it is neither taken nor written over.
  std::filesystem::copy_file(old, file());
  succeeds(run(move_to("sqlite")));
  EXPECT_THAT(said(), AllOf(HasSubstr(fmt::format("is {} now\n", file().string())),
                            HasSubstr(fmt::format("set aside: {}.old-2, a file that was there", file().string())),
                            HasSubstr(fmt::format("psql '{}' -c \"DROP TABLE", url.shown()))));
  EXPECT_EQ(*read_file(config_file()), plain);
  EXPECT_TRUE(knows(file(), "bob"));
  EXPECT_TRUE(std::filesystem::exists(file().string() + ".old-2"));
  succeeds(run(peer("carol")));
  EXPECT_TRUE(knows(file(), "carol"));

  fails(run(move_to(url.str())), ErrorKind::kAlreadyExists, "another state of this network is in it already");
  EXPECT_EQ(*read_file(config_file()), plain);
  EXPECT_TRUE(knows(file(), "carol"));
  EXPECT_FALSE(knows(url, "carol"));

  json_ = true;
  const auto second = new_url();
  succeeds(run(move_to(second.str())));
  EXPECT_EQ(reported_, fmt::format(R"({{"changed":true,"network":"evilcorp","database":"{}","old_database":"{}.old-3",)"
                                   R"("set_aside":null,"peers":4,"cidrs":4,"associations":0}})",
                                   second.shown(), file().string()));
  succeeds(run({"uninstall", "evilcorp", "--yes"}));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "lib")) << "with all that was set aside";
}

TEST_F(OnPostgresql, IsNotMovedWhileItIsServedOrWritten) {
  make_network();
  const auto url = new_url();
  {
    const auto serve = FileLock::acquire(folder_ / "lib" / "evilcorp.lock", std::chrono::milliseconds(0), {config_file()});
    ASSERT_TRUE(serve);
    fails(run(move_to(url.str())), ErrorKind::kBusy, "systemctl stop innernet-server@evilcorp");
  }
  fails(run({"move-database", "evilcorp", "--yes"}), ErrorKind::kInvalidInput, "--to URL, or --to sqlite");
  fails(run({"move-database", "nowhere", "--to", "sqlite", "--yes"}), ErrorKind::kNotFound, "nowhere.conf");
  fails(run(move_to("mysql://h/d")), ErrorKind::kInvalidInput, "--to");

  // A command that waits for an answer while the database moves.
  asker_.answers = {"yes"};
  asker_.meanwhile = [&] {
    asker_.meanwhile = {};
    succeeds(run(move_to(url.str())));
  };
  fails(run(without(peer("alice"), "--yes")), ErrorKind::kBusy, fmt::format("was moved to {} meanwhile: try again", url.shown()));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "alice.toml"));
  EXPECT_FALSE(knows(url, "alice"));
  succeeds(run(peer("alice")));
  EXPECT_TRUE(knows(url, "alice"));

  // A config that says it in a way that we don't change.
  ASSERT_TRUE(replace_file(config_file(), "database.url = \"" + url.str() + "\"\n" +
                                              read_file(config_file())->substr(0, read_file(config_file())->find("\n[database]"))));
  fails(run(move_to("sqlite")), ErrorKind::kInvalidInput, "each on its own line");
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(OnPostgresql, ServersAreAddedJoinedListedAndRemoved) {
  succeeds(run(network("plain", "10.77.0.0/16", "51821")));
  fails(run({"list-servers", "plain"}), ErrorKind::kInvalidInput, "move-database plain --to postgresql://");

  const auto url = new_url();
  succeeds(run(new_network(url)));
  said();
  succeeds(run({"list-servers", "evilcorp"}));
  EXPECT_THAT(said(), AllOf(HasSubstr("server-1 "), HasSubstr("192.0.2.1:51820"), HasSubstr("away, and has never been there")));
  fails(run({"step-down", "evilcorp", "--yes"}), ErrorKind::kNotFound, "no server is active");
  fails(run({"remove-server", "evilcorp", "--name", "server-1", "--yes"}), ErrorKind::kInvalidInput, "the only server");

  const auto file = folder_ / "standby.toml";
  const Words add{"add-server", "evilcorp", "--name", "standby", "--endpoint", "standby.example.com:51820", "--save-config", file.string()};
  fails(run({"add-server", "evilcorp", "--name", "standby", "--endpoint", "0.0.0.0:51820", "--save-config", file.string()}),
        ErrorKind::kInvalidInput, "0.0.0.0:51820");
  succeeds(run(add));
  EXPECT_THAT(said(), AllOf(HasSubstr("innernet-server join standby.toml"), HasSubstr("private key")));
  EXPECT_EQ(*access_of_others(file), 0U);
  fails(run(add), ErrorKind::kAlreadyExists, "standby.toml");
  fails(run(with(add, "--save-config", (folder_ / "twin.toml").string())), ErrorKind::kAlreadyExists, "list-servers");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "twin.toml"));

  // Another machine.
  const auto first = config();
  fails(run({"join", file.string()}), ErrorKind::kAlreadyExists, "has a network evilcorp already");
  config_ = folder_ / "other-etc";
  fails(run({"join", (folder_ / "etc" / "evilcorp.conf").string()}), ErrorKind::kInvalidInput, "add-server");
  succeeds(run({"join", file.string()}));
  EXPECT_THAT(said(), HasSubstr("this machine is server standby of evilcorp"));
  const auto joined = *ServerConfig::read(folder_ / "other-etc" / "evilcorp.conf");
  EXPECT_EQ(joined.server_name, "standby");
  EXPECT_EQ(joined.network_name, "");
  EXPECT_EQ(joined.database_url, url);
  EXPECT_EQ(joined.private_key.public_key(), first.private_key.public_key());
  EXPECT_EQ(*access_of_others(folder_ / "other-etc" / "evilcorp.conf"), 0U);

  json_ = true;
  succeeds(run({"list-servers", "evilcorp"}));
  EXPECT_EQ(std::exchange(reported_, {}),
            R"({"servers":[{"name":"server-1","endpoint":"192.0.2.1:51820","state":"away","active_for":null,"seen_ago":null},)"
            R"({"name":"standby","endpoint":"standby.example.com:51820","state":"away","active_for":null,"seen_ago":null}]})");
  json_ = false;
  succeeds(run({"remove-server", "evilcorp", "--name", "standby", "--yes"}));
  fails(run({"remove-server", "evilcorp", "--name", "standby", "--yes"}), ErrorKind::kNotFound, "no server named standby");
  config_ = folder_ / "third-etc";
  fails(run({"join", file.string()}), ErrorKind::kNotFound, "no server named standby");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "third-etc"));
}

}  // namespace
}  // namespace innernet::server
