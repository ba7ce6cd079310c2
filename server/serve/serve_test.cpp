#include "innernet/server/serve.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <future>

#include "innernet/hostsfile/hostsfile.hpp"
#include "serve_fixture.hpp"
#include "udp_port.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
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

// What it starts for the device has no more rights than it keeps itself.
TEST_F(ServeTest, DropsPrivilegesBeforeItTouchesTheDevice) {
  start();
  EXPECT_EQ(brought_up_before_drop_, 0);
  EXPECT_THAT(files_after_drop_, ElementsAre(options_.folders.config, options_.folders.data, options_.hosts.path));
}

TEST_F(ServeTest, BringsTheDeviceInLineAndLeavesSessionsAlone) {
  must(backend_.create(name_));
  link_index_ = 5;
  const auto stranger = wg::PrivateKey::generate().public_key();
  wg::DeviceUpdate before{.private_key = server_key_, .listen_port = std::uint16_t{51820}};
  for (const auto& key : {alice_key_, stranger}) {
    wg::PeerUpdate peer;
    peer.public_key = key;
    peer.endpoint = must(SocketAddress::parse("198.51.100.9:1234"));
    before.peers.push_back(peer);
  }
  must(backend_.apply(name_, before));
  start();
  EXPECT_FALSE(on_device(stranger));
  EXPECT_TRUE(on_device(invitation_key_));
  const auto alice = backend_.peer(name_, alice_key_);
  ASSERT_TRUE(alice);
  EXPECT_EQ(alice->endpoint, must(SocketAddress::parse("198.51.100.9:1234")));
  EXPECT_EQ(alice->allowed_ips, std::vector{must(IpNet::parse("127.66.1.1/32"))});
  EXPECT_EQ(alice->persistent_keepalive, kPersistentKeepalive);
  // What the device has seen is what others are told.
  EXPECT_TRUE(eventually([&] { return ask(kAliceIp, "GET", "/v1/user/state").find("198.51.100.9:1234") != std::string::npos; }));
}

TEST_F(ServeTest, KnowsFromItsFirstAnswerOnWhereTheDeviceHasSeenPeers) {
  must(backend_.create(name_));
  link_index_ = 5;
  wg::DeviceUpdate before{.private_key = server_key_, .listen_port = std::uint16_t{51820}};
  before.peers.push_back({.public_key = alice_key_, .endpoint = must(SocketAddress::parse("198.51.100.9:1234"))});
  must(backend_.apply(name_, before));
  // The look that all start with, after those before serving, while bringing up and while synchronizing.
  std::promise<void> answered;
  std::atomic<int> looks = 0;
  backend_.before_get = [&, is_answered = answered.get_future().share()] {
    if (++looks == 4) is_answered.wait();
  };
  start();
  const std::string state = ask(kAliceIp, "GET", "/v1/user/state");
  answered.set_value();
  EXPECT_THAT(state, HasSubstr("198.51.100.9:1234"));
}

TEST_F(ServeTest, ChangesTheKeyOfARedeemedPeerAfterItsAnswer) {
  start();
  backend_.see(name_, invitation_key_, must(SocketAddress::parse("198.51.100.9:1234")));
  RawClient client(port_, kInvitedIp);
  client.send(request("POST", "/v1/user/redeem", {}, redeem_to_json(permanent_key_)));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 204 "));
  ASSERT_TRUE(eventually([this] { return on_device(permanent_key_); }));
  EXPECT_FALSE(backend_.peer(name_, permanent_key_)->endpoint) << "the next handshake is the peer's to begin";
  EXPECT_FALSE(on_device(invitation_key_));
  const auto change = backend_.updates().back();
  ASSERT_EQ(change.peers.size(), 2U) << "both keys in one update";
  EXPECT_TRUE(change.peers[0].remove);
  EXPECT_EQ(change.peers[1].public_key, permanent_key_);
  client.send(request("GET", "/v1/user/state"));
  EXPECT_THAT(client.read_answer(), HasSubstr("\"name\":\"invited\""));
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

TEST_F(ServeTest, LosesNothingWhenItIsRestartedWhileAKeyChanges) {
  start();
  EXPECT_THAT(ask(kInvitedIp, "POST", "/v1/user/redeem", redeem_to_json(permanent_key_)), StartsWith("HTTP/1.1 204 "));
  stop();
  start();
  EXPECT_TRUE(on_device(permanent_key_));
  EXPECT_FALSE(on_device(invitation_key_));
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

TEST_F(ServeTest, DisablingThroughTheApiTakesThePeerOffTheDevice) {
  start();
  auto disabled = contents("invited", kInvitedIp, invitation_key_, false);
  disabled.is_disabled = true;
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/admin/peers/3", to_json(disabled)), StartsWith("HTTP/1.1 204 "));
  EXPECT_TRUE(eventually([this] { return !on_device(invitation_key_); }));
  disabled.is_disabled = false;
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/admin/peers/3", to_json(disabled)), StartsWith("HTTP/1.1 204 "));
  EXPECT_TRUE(eventually([this] { return on_device(invitation_key_); }));
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

TEST_F(ServeTest, PutsBackWhatSomebodyElseHasDoneToTheDevice) {
  start();
  EXPECT_TRUE(eventually([this] { return on_device(alice_key_); }));
  const auto stranger = wg::PrivateKey::generate();
  wg::PeerUpdate strange_peer;
  strange_peer.public_key = stranger.public_key();
  const wg::DeviceUpdate done_by_others[] = {
      {.peers = {{.public_key = alice_key_, .remove = true}}},
      {.peers = {strange_peer}},
      {.listen_port = std::uint16_t{0}, .replace_peers = true},
      {.private_key = stranger, .replace_peers = true},
  };
  for (const auto& update : done_by_others) {
    must(backend_.apply(name_, update));
    EXPECT_TRUE(eventually([&] {
      const auto device = backend_.get_quietly(name_);
      return device->public_key == server_key_.public_key() && device->listen_port == 51820 && device->peers.size() == 2 &&
             on_device(alice_key_);
    }));
  }
  EXPECT_EQ(times_brought_up_, 1) << "sessions go on";
}

TEST_F(ServeTest, LooksAtTheDeviceWhenItHangsUp) {
  options_.periods.endpoints = 1h;
  start();
  // After the look that all start with.
  EXPECT_TRUE(eventually([this] { return on_device(alice_key_) && hosts().find("alice") != std::string::npos; }));
  must(backend_.apply(name_, {.listen_port = std::uint16_t{0}, .replace_peers = true}));
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(eventually([this] { return on_device(alice_key_) && backend_.get_quietly(name_)->listen_port == 51820; }));
}

// Whoever holds that lock must not hold up who is cut off.
TEST_F(ServeTest, ChangesTheDeviceWhileTheHostsFileCanNotBeWritten) {
  std::optional<FileLock> held(must(FileLock::acquire(hostsfile::lock_file(options_.hosts.path), 0ms)));
  start();
  auto disabled = contents("invited", kInvitedIp, invitation_key_, false);
  disabled.is_disabled = true;
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/admin/peers/3", to_json(disabled)), StartsWith("HTTP/1.1 204 "));
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([this] { return !on_device(invitation_key_); }));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s)
      << "it has waited for the lock, of which whoever writes the file has enough after 10 s";
  EXPECT_EQ(hosts(), "");
  held.reset();
  EXPECT_TRUE(eventually([this] { return hosts().find("127.66.1.1 alice.evilcorp.wg") != std::string::npos; }));
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

TEST_F(ServeTest, RefusesATakenUdpPortAndLeavesNoInterface) {
  // A port that is really taken, and the real probe.
  const UniqueFd taken(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ASSERT_EQ(::bind(taken.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  probe_ = [port](std::uint16_t) { return probe_udp_port(port); };
  const auto result = serve(name_, options_, system());
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr(fmt::format("UDP port {} is in use", port)));
  EXPECT_EQ(backend_.get_quietly(name_), std::nullopt);
}

TEST_F(ServeTest, RemovesTheInterfaceThatItMadeWhenItCanNotListen) {
  options_.listen = SocketAddress{must(IpAddress::parse("127.0.0.1")), 0};
  const UniqueFd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(taken.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(taken.get(), 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  options_.listen->port = ntohs(address.sin_port);
  const auto result = serve(name_, options_, system());
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr(fmt::format("listening on TCP 127.0.0.1:{}", options_.listen->port)));
  EXPECT_EQ(backend_.get_quietly(name_), std::nullopt);
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

// The order of `innernet-server uninstall`.
TEST_F(ServeTest, RebuildsNothingWhenTheInterfaceGoesBeforeItsConfig) {
  options_.periods.repair = 1s;
  start();
  RawClient client(port_, kAliceIp);
  client.send(request("GET", "/v1/user/state"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200 "));
  must(backend_.remove(name_));
  EXPECT_EQ(client.read_answer(), "") << "it has noticed";
  std::filesystem::remove(options_.folders.config_file(name_));
  join();
  EXPECT_TRUE(result_);
  EXPECT_EQ(times_brought_up_, 1);
}

TEST_F(ServeTest, BringsARemovedInterfaceBack) {
  start();
  RawClient client(port_, kAliceIp);
  client.send(request("GET", "/v1/user/state"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200 "));
  must(backend_.remove(name_));
  port_ = next_port();
  EXPECT_EQ(client.read_answer(), "") << "its link is gone";
  EXPECT_EQ(times_brought_up_, 2);
  EXPECT_TRUE(on_device(alice_key_));
  EXPECT_THAT(ask(kAliceIp, "GET", "/v1/user/state"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServeTest, TriesUntilTheInterfaceIsWhole) {
  start();
  is_whole_ = false;
  EXPECT_TRUE(eventually([this] { return times_brought_up_ >= 4; }));
  is_whole_ = true;
  EXPECT_THAT(ask(kAliceIp, "GET", "/v1/user/state"), StartsWith("HTTP/1.1 200 ")) << "on the same link it goes on listening";
}

// A synchronization that was under way when the link was replaced must not take the repair's place.
TEST_F(ServeTest, ListensOnAReplacedInterfaceOnlyWhenItIsBroughtBack) {
  std::atomic<bool> replace_link = false;
  std::atomic<bool> noticed = false;
  backend_.before_get = [&] {
    if (!replace_link.exchange(false)) return;
    ++link_index_;
    while (!noticed) std::this_thread::yield();
  };
  options_.periods.endpoints = 1h;
  start();
  RawClient client(port_, kAliceIp);
  client.send(request("GET", "/v1/user/state"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200 "));
  std::filesystem::copy_file(options_.folders.database(name_), folder_ / "other.db");
  replace_link = true;
  // Another database is a reason to synchronize.
  std::filesystem::rename(folder_ / "other.db", options_.folders.database(name_));
  EXPECT_EQ(client.read_answer(), "") << "its link is gone";
  noticed = true;
  port_ = next_port();
  EXPECT_EQ(times_brought_up_, 2);
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

TEST_F(ServeTest, TakesANewListenPortWhenItHangsUp) {
  start();
  configure_port(51999);
  port_ = next_port();
  EXPECT_EQ(backend_.get_quietly(name_)->listen_port, 51999);
  EXPECT_TRUE(eventually([this] { return ask(kAliceIp, "GET", "/v1/user/state").find("192.0.2.77:51999") != std::string::npos; }));
}

TEST_F(ServeTest, StaysOnItsPortWhenTheNewOneIsTaken) {
  backend_.set_taken_port(51999);
  std::atomic<int> tries = 0;
  backend_.before_apply = [&tries](const wg::DeviceUpdate& update) { tries += update.listen_port == 51999; };
  start();
  configure_port(51999);
  EXPECT_TRUE(eventually([&] { return tries == 1 && backend_.get_quietly(name_)->listen_port == 51820; }));
  EXPECT_THAT(ask(kAliceIp, "GET", "/v1/user/state"), StartsWith("HTTP/1.1 200 ")) << "it has never stopped to listen";
  configure_port(52000);
  port_ = next_port();
  EXPECT_EQ(backend_.get_quietly(name_)->listen_port, 52000);
  EXPECT_EQ(tries, 1) << "what failed is not tried again";
  EXPECT_EQ(times_brought_up_, 1);
}

TEST_F(ServeTest, HearsThatThePortIsAnotherOneWhileTheInterfaceCanNotBeBroughtBack) {
  start();
  backend_.set_taken_port(51820);
  must(backend_.remove(name_));
  EXPECT_TRUE(eventually([this] { return times_brought_up_ >= 3; }));
  configure_port(52000);
  port_ = next_port();
  EXPECT_EQ(backend_.get_quietly(name_)->listen_port, 52000);
  EXPECT_TRUE(eventually([this] { return on_device(alice_key_); }));
  EXPECT_THAT(ask(kAliceIp, "GET", "/v1/user/state"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServeTest, RefusesAPeerForWhomTheDeviceHasNoRoom) {
  backend_.most = 2;
  start();
  const auto bob_key = wg::PrivateKey::generate().public_key();
  const auto bob = contents("bob", "127.66.1.3", bob_key, true);
  EXPECT_THAT(ask(kAliceIp, "POST", "/v1/admin/peers", to_json(bob)), AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("at most 2 peers")));
  // A database that has too many all the same: who fits is there, and who does not comes when there is room.
  write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.add_peer(bob));
    return {};
  });
  auto renamed = contents("alicia", kAliceIp, alice_key_, true);
  renamed.is_admin = true;
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/admin/peers/2", to_json(renamed)), StartsWith("HTTP/1.1 204 ")) << "the others go on";
  EXPECT_TRUE(on_device(alice_key_) && on_device(invitation_key_));
  EXPECT_FALSE(on_device(bob_key));
  auto disabled = contents("invited", kInvitedIp, invitation_key_, false);
  disabled.is_disabled = true;
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/admin/peers/3", to_json(disabled)), StartsWith("HTTP/1.1 204 "));
  EXPECT_TRUE(eventually([&] { return on_device(bob_key) && !on_device(invitation_key_); }));
}

TEST_F(ServeTest, TriesAgainWhatTheDeviceRefused) {
  start();
  backend_.set_failing(true);
  const auto bob_key = wg::PrivateKey::generate().public_key();
  write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.add_peer(contents("bob", "127.66.1.3", bob_key, true)));
    return {};
  });
  EXPECT_TRUE(eventually([this] { return ask(kAliceIp, "GET", "/v1/user/state").find("\"bob\"") != std::string::npos; }));
  EXPECT_FALSE(on_device(bob_key));
  backend_.set_failing(false);
  EXPECT_TRUE(eventually([&] { return on_device(bob_key); }));
}

TEST_F(ServeTest, MakesItsConfigPrivate) {
  std::filesystem::permissions(options_.folders.config_file(name_), std::filesystem::perms(0644));
  start();
  EXPECT_EQ(std::filesystem::status(options_.folders.config_file(name_)).permissions(), std::filesystem::perms(0600));
}

// --- peers that mean no good ---

std::string long_line(std::size_t size, char of = 'a') { return std::string(size, of); }

/// Bytes of one connection, after which the client says no more, and the statuses of the answers until the server closes it.
struct HostileBytes {
  const char* what;
  std::string bytes;
  std::vector<unsigned> statuses;
};

std::vector<HostileBytes> hostile_bytes(const std::string& key) {
  using namespace std::string_literals;
  const std::string field = "X-Innernet-Server-Key: " + key + "\r\n";
  const auto get = [&](const std::string& fields) { return "GET /v1/user/state HTTP/1.1\r\n" + field + fields + "\r\n"; };
  const auto put = [&](const std::string& body) {
    return fmt::format("PUT /v1/user/candidates HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{}", field, body.size(), body);
  };
  std::string many_fields;
  for (int n = 0; n < 2'000; ++n) many_fields += fmt::format("F{}: v\r\n", n);
  std::string many_candidates = "[";
  for (int n = 0; n < 600; ++n) many_candidates += fmt::format("{}\"192.0.2.1:{}\"", n == 0 ? "" : ",", n + 1);
  many_candidates += "]";
  return {
      {"nothing", "", {}},
      {"empty lines",
       [] {
         std::string lines;
         for (int n = 0; n < 50'000; ++n) lines += "\r\n";
         return lines;
       }(),
       {}},
      {"one byte", "G", {}},
      {"half a head", "GET /v1/user/state HTTP/1.1\r\nX-Inn", {}},
      {"no request", "nonsense\r\n\r\n", {400}},
      {"zero bytes", std::string(100, '\0') + "\r\n\r\n", {400}},
      {"all bytes there are",
       [] {
         std::string all;
         for (int c = 255; c >= 0; --c) all += static_cast<char>(c);
         return all + "\r\n\r\n";
       }(),
       {400}},
      {"a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + long_line(500, '\x11'), {}},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}},
      {"HTTP/0.9", "GET /v1/user/state\r\n\r\n", {400}},
      {"HTTP of another day", "GET / HTTP/9.9\r\n\r\n", {400}},
      {"an endless method", long_line(9'000, 'X'), {431}},
      {"an endless target", "GET /" + long_line(9'000), {431}},
      {"a long target", "GET /v1/" + long_line(7'000) + " HTTP/1.1\r\n" + field + "Connection: close\r\n\r\n", {404}},
      {"an endless field", "GET / HTTP/1.1\r\nA: " + long_line(9'000), {431}},
      {"fields without end", "GET / HTTP/1.1\r\n" + many_fields, {431}},
      {"a field without a colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", {400}},
      {"a field without a name", "GET / HTTP/1.1\r\n: v\r\n\r\n", {400}},
      {"a zero byte in a field", "GET / HTTP/1.1\r\nA: "s + '\0' + "\r\n\r\n", {400}},
      {"a space before the colon", "GET / HTTP/1.1\r\nContent-Length : 0\r\n\r\n", {400}},
      {"a target with an escape sequence", "GET /\x1b[2J HTTP/1.1\r\n" + field + "\r\n", {400}},
      {"dots", "GET /v1/user/../admin/peers HTTP/1.1\r\n" + field + "\r\n", {404}},
      {"another host", "GET http://192.0.2.1/v1/user/capabilities HTTP/1.1\r\n" + field + "\r\n", {200}},
      {"a tunnel", "CONNECT 192.0.2.1:80 HTTP/1.1\r\n" + field + "\r\n", {404}},
      {"a negative length", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: -1\r\n\r\n", {400}},
      {"a length that overflows", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 18446744073709551616\r\n\r\n", {400}},
      {"the largest length", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 18446744073709551615\r\n\r\n", {400}},
      {"two lengths", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]x", {400}},
      {"a length and chunks",
       "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {400}},
      {"chunks without end",
       "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Transfer-Encoding: chunked\r\n\r\n" + long_line(900'000, 'f'),
       {400}},
      {"a body without end",
       "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 999999\r\n\r\n" + long_line(900'000, '['),
       {400}},
      {"less than it announced", "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 9\r\n\r\n[]", {}},
      {"a request in a body that is not read",
       "PUT /v1/user/candidates HTTP/1.1\r\n" + field + "Content-Length: 16385\r\n\r\n" + get("") + long_line(17'000),
       {400}},
      {"the key of nobody", "GET /v1/user/state HTTP/1.1\r\nX-Innernet-Server-Key: " + long_line(7'000) + "\r\n\r\n", {401}},
      {"the key second", "GET /v1/user/state HTTP/1.1\r\nX-Innernet-Server-Key: x\r\n" + field + "\r\n", {401}},
      {"a thousand tags", get("If-None-Match: " + long_line(6'000, ',') + "\r\n"), {200}},
      {"tags without quotes", get("If-None-Match: W/\"" + long_line(6'000) + "\r\n"), {200}},
      {"a wait of eternities", get("Prefer: wait=99999999999999999999999999\r\n"), {200}},
      {"a wait of less than nothing", get("Prefer: wait=-1\r\nIf-None-Match: *\r\n"), {304}},
      {"a wait that closes its side", get("Prefer: wait=300\r\nIf-None-Match: *\r\n"), {304}},
      {"a delta of nonsense", get("A-IM: innernet;innernet,,;=\r\nIf-None-Match: \"0-0-99999999999999999999\"\r\n"), {200}},
      {"JSON 16,000 deep", put(long_line(16'000, '[')), {400}},
      {"objects 3,000 deep",
       put([] {
         std::string deep;
         for (int n = 0; n < 3'000; ++n) deep += "{\"a\":";
         return deep;
       }()),
       {400}},
      {"no UTF-8", put("[\"\xff\xfe:1\"]"), {400}},
      {"half a surrogate", put(R"(["\ud800:1"])"), {400}},
      {"a number beyond all", put("[1e999]"), {400}},
      {"many candidates", put(many_candidates), {413}},
      {"a candidate that acts on a terminal", put("[\"\\u001b]0;x\\u0007:1\"]"), {400}},
      {"a candidate of two lines", put(R"(["192.0.2.1\n127.0.0.1 bank.example:1"])"), {400}},
      {"a port beyond all", put(R"(["192.0.2.1:65536"])"), {400}},
      {"pipelined, the last one broken", get("") + get("") + "nonsense\r\n\r\n" + get(""), {200, 200, 400}},
  };
}

std::vector<unsigned> statuses_of(std::string_view answers) {
  std::vector<unsigned> statuses;
  constexpr std::string_view kStart = "HTTP/1.1 ";  // and a number: words of an answer have it, too
  for (std::size_t at = answers.find(kStart); at != std::string_view::npos; at = answers.find(kStart, at + 1))
    if (const unsigned status = static_cast<unsigned>(std::atoi(std::string(answers.substr(at + kStart.size(), 3)).c_str())); status != 0)
      statuses.push_back(status);
  return statuses;
}

TEST_F(ServeTest, AnswersOrClosesWhateverAHostilePeerSendsAndGoesOn) {
  write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.add_peer(contents("mallory", "127.66.1.7", wg::PrivateKey::generate().public_key(), true)));
    return {};
  });
  start();
  const std::string before = body_of(ask(kAliceIp, "GET", "/v1/admin/peers"));
  const auto cases = hostile_bytes(server_key_.public_key().to_base64());
  for (const auto& c : cases) {
    RawClient mallory(port_, "127.66.1.7");
    mallory.send(c.bytes);
    mallory.half_close();
    EXPECT_EQ(statuses_of(mallory.read_to_end()), c.statuses) << c.what;
  }
  EXPECT_EQ(body_of(ask(kAliceIp, "GET", "/v1/admin/peers")), before) << "nothing of it was stored";
  fmt::print("{} kinds of hostile bytes\n", cases.size());
}

TEST_F(ServeTest, RefusesEachMethodOnEachPathThatIsNotTheirs) {
  write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.add_peer(contents("mallory", "127.66.1.7", wg::PrivateKey::generate().public_key(), true)));
    return {};
  });
  start();
  const std::string before = body_of(ask(kAliceIp, "GET", "/v1/admin/peers"));
  std::vector<std::string> paths = {"/",
                                    "/v1",
                                    "/v1/",
                                    "//v1//user//state",
                                    "/v1/user",
                                    "/v1/user/",
                                    "/v1/user/state/more",
                                    "/v1/user/capabilities",
                                    "/v1/user/redeem",
                                    "/v1/user/endpoint",
                                    "/v1/user/candidates",
                                    "/v1/admin",
                                    "/v1/admin/",
                                    "/v1/nobody/x",
                                    "/v2/user/state"};
  for (const char* list : {"peers", "cidrs", "associations"})
    for (const char* id :
         {"", "/", "/0", "/1", "/2", "/-1", "/9223372036854775807", "/-9223372036854775808", "/9223372036854775808", "/x", "/1/more"})
      paths.push_back(fmt::format("/v1/admin/{}{}", list, id));
  const std::string server_key = server_key_.public_key().to_base64();
  std::vector<std::optional<std::string>> bodies = {std::nullopt,
                                                    "",
                                                    "null",
                                                    "{}",
                                                    "[]",
                                                    "[[[[",
                                                    "\xff",
                                                    R"({"option":"Set","content":null})",
                                                    fmt::format(R"({{"public_key":"{}"}})", server_key),
                                                    fmt::format(R"({{"public_key":"{}"}})", alice_key_.to_base64()),
                                                    R"({"public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})",
                                                    R"({"public_key":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})"};
  std::size_t count = 0;
  for (const char* source : {"127.66.1.7", kInvitedIp, "127.66.1.99"}) {
    for (const auto& body : bodies) {
      RawClient mallory(port_, source);
      for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"}) {
        for (const std::string& path : paths) {
          mallory.send(request(method, path, {}, body));
          const std::string answer = mallory.read_answer();
          // What is left: capabilities, the own state, an endpoint that is taken back, no candidates.
          ASSERT_THAT(answer, ContainsRegex(path.starts_with("/v1/admin") ? "^HTTP/1.1 401 " : "^HTTP/1.1 (200|204|400|401|404) "))
              << source << ' ' << method << ' ' << path << ' ' << body.value_or("no body");
          ++count;
        }
      }
    }
  }
  EXPECT_EQ(body_of(ask(kAliceIp, "GET", "/v1/admin/peers")), before) << "nothing of it was stored";
  fmt::print("{} requests\n", count);
}

}  // namespace
}  // namespace innernet::server
