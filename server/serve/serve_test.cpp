#include "innernet/server/serve.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "serve_fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(ServeTest, ServesTheStateToAPeer) {
  start();
  const std::string answer = ask(kAliceIp, "GET", "/v1/user/state");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, AllOf(HasSubstr("\r\nETag: "), HasSubstr("\"name\":\"alice\""), HasSubstr("\"candidates\":[\"192.0.2.77:51820\"]")));
  EXPECT_THAT(ask("127.66.1.99", "GET", "/v1/user/state"), StartsWith("HTTP/1.1 401 "));
}

// Two peers that were installed one after the other find each other at once.
TEST_F(ServeTest, KnowsWhereAPeerIsAsSoonAsItHasAsked) {
  options_.periods.endpoints = 1h;
  std::atomic<int> looks = 0;
  backend_.before_get = [&looks] { ++looks; };
  start();
  // Before serving, while bringing up, while synchronizing; and then the look that all start with.
  EXPECT_TRUE(eventually([&looks] { return looks >= 4; }));
  EXPECT_THAT(ask(kAliceIp, "GET", "/v1/user/state"), Not(HasSubstr("192.0.2.8")));
  backend_.see(name_, alice_key_, {must(IpAddress::parse("192.0.2.8")), 1008});
  const auto alice_is_told = [this](const char* endpoint) {
    return eventually([&] { return ask(kAliceIp, "GET", "/v1/user/state").find(endpoint) != std::string::npos; });
  };
  EXPECT_TRUE(alice_is_told("192.0.2.8:1008"));
  backend_.see(name_, invitation_key_, {must(IpAddress::parse("192.0.2.9")), 1009});
  EXPECT_THAT(ask(kInvitedIp, "POST", "/v1/user/redeem", fmt::format(R"({{"public_key":"{}"}})", permanent_key_.to_base64())),
              StartsWith("HTTP/1.1 204 "));
  // Its first packet with the new key says where it is.
  ASSERT_TRUE(eventually([this] { return on_device(permanent_key_); }));
  backend_.see(name_, permanent_key_, {must(IpAddress::parse("192.0.2.9")), 1009});
  ask(kInvitedIp, "GET", "/v1/user/state");
  EXPECT_TRUE(alice_is_told("192.0.2.9:1009"));
}

/// The value of a header field.
std::string field(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

// As many clients wait as there are, and all come back at once when the server does.
TEST_F(ServeTest, TellsThoseWhoWaitedNothingAgainWhenItIsRestarted) {
  start();
  backend_.see(name_, alice_key_, must(SocketAddress::parse("198.51.100.9:1234")));
  std::string state;
  ASSERT_TRUE(eventually([&] {
    state = ask(kAliceIp, "GET", "/v1/user/state");
    return state.find("198.51.100.9:1234") != std::string::npos;
  }));
  const std::string etag = field(state, "ETag");
  ASSERT_NE(etag, "");
  const auto conditional = [&](std::string_view more) {
    return request("GET", "/v1/user/state", fmt::format("If-None-Match: {}\r\nA-IM: innernet\r\n{}", etag, more));
  };
  RawClient waiting(port_, kAliceIp);
  waiting.send(conditional("Prefer: wait=60\r\n"));
  // It has been read when a later request of another connection is answered.
  ASSERT_THAT(ask(kAliceIp, "GET", "/v1/user/capabilities"), StartsWith("HTTP/1.1 200 "));
  stop();
  EXPECT_THAT(waiting.read_answer(), StartsWith("HTTP/1.1 304 "));

  must(backend_.remove(name_));  // the machine was started anew, and the device has not seen anybody
  start();
  RawClient again(port_, kAliceIp);
  again.send(conditional(""));
  EXPECT_THAT(again.read_answer(), StartsWith("HTTP/1.1 304 "));
  again.send(conditional("Prefer: wait=60\r\n"));
  ASSERT_THAT(ask(kAliceIp, "GET", "/v1/user/capabilities"), StartsWith("HTTP/1.1 200 "));
  write([](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.rename_cidr(kPeople, "persons"));
    return {};
  });
  const std::string news = again.read_answer();
  EXPECT_THAT(news, StartsWith("HTTP/1.1 2"));
  EXPECT_THAT(news, HasSubstr("persons"));
}

TEST_F(ServeTest, StoresWhereItHasSeenAPeerWithoutAnotherReasonToWrite) {
  options_.periods.save = 5ms;
  start();
  backend_.see(name_, alice_key_, must(SocketAddress::parse("198.51.100.9:1234")));
  // The write-ahead log is carried over a moment after a write.
  EXPECT_TRUE(eventually(
      [this] { return read_file(options_.folders.database(name_)).value_or("").find("198.51.100.9:1234") != std::string::npos; }));
}

TEST_F(ServeTest, SeesWhatTheCommandLineWrites) {
  start();
  const std::string state = ask(kAliceIp, "GET", "/v1/user/state");
  const std::size_t etag = state.find("ETag: ") + 6;
  RawClient waiting(port_, kAliceIp);
  waiting.send(request("GET", "/v1/user/state",
                       fmt::format("Prefer: wait=300\r\nIf-None-Match: {}\r\n", state.substr(etag, state.find("\r\n", etag) - etag))));
  const auto bob_key = wg::PrivateKey::generate().public_key();
  write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.add_peer(contents("bob", "127.66.1.3", bob_key, true)));
    auto invited = contents("invited", kInvitedIp, invitation_key_, false);
    invited.is_disabled = true;
    TRY_VOID(writer.update_peer(kInvited, PeerChange::to(invited)));
    return {};
  });
  EXPECT_THAT(waiting.read_answer(), HasSubstr("\"name\":\"bob\""));
  EXPECT_TRUE(eventually([&] { return on_device(bob_key) && !on_device(invitation_key_); }));
  EXPECT_TRUE(eventually([this] { return hosts().find("127.66.1.3 bob.evilcorp.wg") != std::string::npos; }));
}

TEST_F(ServeTest, WritesTheHostsFileAndRepairsIt) {
  start();
  const auto is_whole = [this] { return hosts().find("127.66.1.1 alice.evilcorp.wg") != std::string::npos; };
  EXPECT_TRUE(eventually(is_whole));
  EXPECT_EQ(hosts().find("invited"), std::string::npos) << "who has not redeemed has no name";
  // At one blow: the server, too, replaces the file, and half of ours would be lost with the old one.
  ASSERT_TRUE(replace_file(options_.hosts.path, "127.0.0.1 localhost\n"));
  EXPECT_TRUE(eventually(is_whole));
  EXPECT_THAT(hosts(), HasSubstr("localhost"));
}

TEST_F(ServeTest, DeletesExpiredInvitationsFromDatabaseAndDevice) {
  start();
  const auto late_key = wg::PrivateKey::generate().public_key();
  write([&](Registry::Writer& writer) -> Result<void> {
    auto late = contents("late", "127.66.1.9", late_key, false);
    late.invite_expires = UnixTime{1'700'000'000, 0};
    TRY_VOID(writer.add_peer(late));
    return {};
  });
  EXPECT_TRUE(
      eventually([&] { return !on_device(late_key) && ask(kAliceIp, "GET", "/v1/admin/peers").find("\"late\"") == std::string::npos; }));
}

TEST_F(ServeTest, StopsCleanlyWhenToldTo) {
  start();
  const std::string state = ask(kAliceIp, "GET", "/v1/user/state");
  const std::size_t etag = state.find("ETag: ") + 6;
  RawClient waiting(port_, kAliceIp);
  waiting.send(request("GET", "/v1/user/state",
                       fmt::format("Prefer: wait=300\r\nIf-None-Match: {}\r\n", state.substr(etag, state.find("\r\n", etag) - etag))));
  // Answered after the waiting one was read: both came over one loop.
  EXPECT_THAT(ask(kAliceIp, "GET", "/v1/user/capabilities"), StartsWith("HTTP/1.1 200 "));
  ::kill(::getpid(), SIGTERM);
  EXPECT_THAT(waiting.read_to_end(), StartsWith("HTTP/1.1 304 "));
  waiting.close();
  join();
  EXPECT_TRUE(result_);
  EXPECT_TRUE(backend_.get_quietly(name_)) << "the interface stays up";
  EXPECT_FALSE(std::filesystem::exists(options_.folders.data / "evilcorp.db-wal"));
}

TEST_F(ServeTest, LeavesTheDatabaseWholeAtRest) {
  start();
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/user/candidates", R"(["192.0.2.5:1"])"), StartsWith("HTTP/1.1 204 "));
  const auto wal = options_.folders.data / "evilcorp.db-wal";
  EXPECT_TRUE(eventually([&] {
    std::error_code ignored;
    return !std::filesystem::exists(wal) || std::filesystem::file_size(wal, ignored) == 0;
  })) << "a plain copy of the database must have everything";
}

TEST_F(ServeTest, RefusesToServeTwiceBeforeItTouchesAnything) {
  start();
  const int before = times_brought_up_;
  const auto second = serve(name_, options_, system());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::kBusy);
  EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(::getpid())));
  EXPECT_EQ(times_brought_up_, before);
}

TEST_F(ServeTest, NamesAMissingOrBrokenConfigAndAMissingDatabase) {
  const auto config = options_.folders.config_file(name_);
  const auto database = options_.folders.database(name_);
  std::filesystem::rename(database, folder_ / "elsewhere.db");
  EXPECT_THAT(serve(name_, options_, system()).error().message(), HasSubstr(database.string()));
  std::ofstream(config) << "private-key = \"nonsense\"\n";
  EXPECT_THAT(serve(name_, options_, system()).error().message(),
              AllOf(HasSubstr(config.string()), HasSubstr("private-key"), Not(HasSubstr("nonsense"))));
  std::filesystem::remove(config);
  EXPECT_THAT(serve(name_, options_, system()).error().message(), HasSubstr(config.string()));
  EXPECT_EQ(times_brought_up_, 0);
}

TEST_F(ServeTest, EndsWhenItsNetworkIsUninstalled) {
  start();
  must(backend_.remove(name_));
  std::filesystem::remove(options_.folders.config_file(name_));
  std::filesystem::remove(options_.folders.database(name_));
  join();
  ASSERT_TRUE(result_);
  EXPECT_EQ(*result_, ServeEnd::kGone);
  EXPECT_EQ(backend_.get_quietly(name_), std::nullopt) << "nothing is rebuilt";
  EXPECT_FALSE(std::filesystem::exists(options_.folders.database(name_)));
  EXPECT_FALSE(std::filesystem::exists(options_.folders.lock_file(name_)));
}

// `uninstall` and `new` before it has noticed anything.
TEST_F(ServeTest, EndsWhenAnotherNetworkHasTakenItsName) {
  for (const bool with_config : {true, false}) {
    const auto config_file = options_.folders.config_file(name_);
    const auto database = options_.folders.database(name_);
    std::filesystem::copy_file(config_file, folder_ / "old.conf", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(database, folder_ / "old.db", std::filesystem::copy_options::overwrite_existing);
    start();
    const auto other_key = wg::PrivateKey::generate();
    const ServerConfig other{
        .private_key = other_key, .listen_port = 51820, .address = must(IpAddress::parse("127.67.0.1")), .network_cidr_prefix = 16};
    must(Registry::create(folder_ / "other.db", {.name = "evilcorp",
                                                 .cidr = must(IpNet::parse("127.67.0.0/16")),
                                                 .server_ip = other.address,
                                                 .server_key = other_key.public_key(),
                                                 .external_endpoint = must(Endpoint::parse("192.0.2.1:51820"))}));
    if (with_config) must(replace_file(config_file, other.to_toml().reveal()));
    std::filesystem::rename(folder_ / "other.db", database);
    join();
    ended_ = false;
    ASSERT_TRUE(result_) << result_.error().message();
    EXPECT_EQ(*result_, ServeEnd::kReplaced);
    EXPECT_EQ(backend_.get_quietly(name_).has_value(), !with_config) << "its key would be in the way of the next start";
    EXPECT_EQ(must(Registry::open(database)).network().find_peer(kServerPeer)->peer.candidates.size(), 0U) << "not even a candidate";
    std::filesystem::rename(folder_ / "old.conf", config_file);
    std::filesystem::rename(folder_ / "old.db", database);
  }
}

TEST_F(ServeTest, LetsNobodyInWhenItsLockIsRemoved) {
  start();
  ASSERT_TRUE(remove_file(options_.folders.lock_file(name_)));
  ASSERT_TRUE(eventually([this] { return FileLock::is_locked(options_.folders.lock_file(name_)); }));
  const auto second = serve(name_, options_, system());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::kBusy);
}

TEST_F(ServeTest, StoresItsAddressesInADatabaseThatReplacesItsOwn) {
  std::filesystem::copy_file(options_.folders.database(name_), folder_ / "backup.db");
  start();
  const auto has_candidate = [this] { return ask(kAliceIp, "GET", "/v1/user/state").find("192.0.2.77:51820") != std::string::npos; };
  EXPECT_TRUE(has_candidate());
  std::filesystem::rename(folder_ / "backup.db", options_.folders.database(name_));
  EXPECT_FALSE(has_candidate()) << "so old is the backup";
  EXPECT_TRUE(eventually(has_candidate));
}

// A restore with cp: the same file, other content.
TEST_F(ServeTest, ServesWhatIsCopiedOverItsDatabase) {
  const auto database = options_.folders.database(name_);
  std::filesystem::copy_file(database, folder_ / "backup.db");
  {
    auto backup = must(Registry::open(folder_ / "backup.db"));
    must(backup.write([](Registry::Writer& writer) -> Result<void> {
      TRY_VOID(writer.rename_cidr(kRootCidr, "restored"));
      return {};
    }));
    must(backup.close());
  }
  start();
  const auto put = [this](const char* candidates) { return ask(kAliceIp, "PUT", "/v1/user/candidates", candidates); };
  EXPECT_THAT(put(R"(["1.2.3.4:5"])"), StartsWith("HTTP/1.1 204 "));
  std::filesystem::copy_file(folder_ / "backup.db", database, std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(eventually([&] { return ask(kAliceIp, "GET", "/v1/user/state").find("restored") != std::string::npos; }));
  EXPECT_THAT(put(R"(["1.2.3.4:6"])"), StartsWith("HTTP/1.1 204 "));
  stop();
  const auto stored = must(Registry::open(database));
  EXPECT_EQ(stored.network().find_cidr(kRootCidr)->name, "restored");
  EXPECT_EQ(stored.network().find_peer(must(IpAddress::parse(kAliceIp)))->peer.candidates.at(0), *Endpoint::parse("1.2.3.4:6"));
}

TEST_F(ServeTest, WritesTheHostsFileAlsoWhileOneChangeFollowsTheOther) {
  options_.periods.hosts = 1h;
  options_.periods.hosts_after_change = 300ms;
  start();
  EXPECT_TRUE(eventually([this] { return hosts().find("alice.") != std::string::npos; }));
  int n = 0;
  EXPECT_TRUE(eventually([&] {
    auto renamed = contents(fmt::format("alice{}", n++ % 2), kAliceIp, alice_key_, true);
    renamed.is_admin = true;
    EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/admin/peers/2", to_json(renamed)), StartsWith("HTTP/1.1 204 "));
    return hosts().find("alice.") == std::string::npos;
  }));
}

TEST_F(ServeTest, MakesItsConfigPrivate) {
  std::filesystem::permissions(options_.folders.config_file(name_), std::filesystem::perms(0644));
  start();
  EXPECT_EQ(std::filesystem::status(options_.folders.config_file(name_)).permissions(), std::filesystem::perms(0600));
}

}  // namespace
}  // namespace innernet::server
