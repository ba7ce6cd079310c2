#include "innernet/server/serve.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

#include "innernet/hostsfile/hostsfile.hpp"
#include "serve_fixture.hpp"
#include "udp_port.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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

TEST_F(ServeTest, LosesNothingWhenItIsRestartedWhileAKeyChanges) {
  start();
  EXPECT_THAT(ask(kInvitedIp, "POST", "/v1/user/redeem", redeem_to_json(permanent_key_)), StartsWith("HTTP/1.1 204 "));
  stop();
  start();
  EXPECT_TRUE(on_device(permanent_key_));
  EXPECT_FALSE(on_device(invitation_key_));
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

}  // namespace
}  // namespace innernet::server
