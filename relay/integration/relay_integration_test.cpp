// WireGuard itself at both ends of a relay, in namespaces: two hosts, each with a link to the relay's and no way to each other.
//   innernet_relay_integration [kernel|userspace] [gtest options]
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "innernet/relay/relay.hpp"
#include "integration/sandbox.hpp"

namespace innernet::relay {
namespace {

bool g_in_kernel = false;

bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

std::string output(const std::string& command) {
  std::string out;
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) out += static_cast<char>(c);
  ::pclose(pipe);
  return out;
}

/// A network namespace with a link to the relay's, the addresses 10.N.0.2 and 10.N.0.1, and WireGuard with 10.100.0.N.
class Host {
 public:
  explicit Host(int number) : number_(number), name_(fmt::format("h{}", number)), key_(wg::PrivateKey::generate()) {
    // In few processes: an emulated machine takes long to start one.
    EXPECT_TRUE(run(
        fmt::format("ip netns add {0} && printf 'link add to-{0} type veth peer name eth0 netns {0}\\naddr add 10.{1}.0.1/24 dev to-{0}\\n"
                    "link set to-{0} up\\n' | ip -batch -",
                    name_, number_)));
    EXPECT_TRUE(g_in_kernel || run(fmt::format("ip netns exec {} wireguard-go wg{} >/dev/null 2>&1", name_, number_)));
    EXPECT_TRUE(run(
        fmt::format("printf 'link set lo up\\naddr add 10.{1}.0.2/24 dev eth0\\nlink set eth0 up\\n{2}addr add 10.100.0.{1}/24 dev wg{1}\\n"
                    "link set wg{1} up\\n' | ip -n {0} -batch -",
                    name_, number_, g_in_kernel ? fmt::format("link add wg{} type wireguard\\n", number_) : "")));
    const std::string file = fmt::format("/run/{}.key", name_);
    FILE* const out = std::fopen(file.c_str(), "w");
    const SecretText base64 = key_.to_base64();
    std::fwrite(base64.reveal().data(), 1, base64.reveal().size(), out);
    std::fclose(out);
    EXPECT_TRUE(run(fmt::format("ip netns exec {} wg set wg{} private-key {}", name_, number_, file)));
  }
  ~Host() { run(fmt::format("ip -n {0} link del wg{1}; ip netns del {0}; ip link del to-{0} 2>/dev/null", name_, number_)); }

  wg::PublicKey key() const { return key_.public_key(); }
  std::string address() const { return fmt::format("10.100.0.{}", number_); }

  /// As the client will: no allowed IPs, and a keepalive (every second, so that a test need not wait).
  void know_relay(const Relay& relay) const { know(relay.public_key(), relay.port(), "persistent-keepalive 1"); }
  void know_peer(const Host& peer, const Relay& relay) const {
    know(peer.key(), relay.port(), fmt::format("allowed-ips {}/32", peer.address()));
  }

  bool reaches(const Host& peer) const {
    for (int i = 0; i < 20; ++i)
      if (run(fmt::format("ip netns exec {} ping -c 1 -W 1 {} >/dev/null", name_, peer.address()))) return true;
    return false;
  }

  void forget_all() const {
    EXPECT_TRUE(run(fmt::format("ip netns exec {} wg set wg{} listen-port 0{}", name_, number_, known_)));
    known_.clear();
  }

  /// When the last handshake with this key was; 0: never.
  long handshake(const wg::PublicKey& key) const {
    const std::string all = output(fmt::format("ip netns exec {} wg show wg{} latest-handshakes", name_, number_));
    const auto at = all.find(key.to_base64());
    return at == all.npos ? -1 : std::strtol(all.c_str() + at + 44, nullptr, 10);
  }

  /// As a NAT does that forgets: its packets come from another port.
  void move(std::uint16_t port) const {
    EXPECT_TRUE(run(fmt::format("ip netns exec {} wg set wg{} listen-port {}", name_, number_, port)));
  }

 private:
  void know(const wg::PublicKey& key, std::uint16_t port, const std::string& more) const {
    EXPECT_TRUE(run(fmt::format("ip netns exec {} wg set wg{} peer {} endpoint 10.{}.0.1:{} {}", name_, number_, key.to_base64(), number_,
                                port, more)));
    known_ += fmt::format(" peer {} remove", key.to_base64());
  }

  int number_;
  std::string name_;
  wg::PrivateKey key_;
  mutable std::string known_;
};

struct Hosts {
  Host a{1}, b{2};
};

class RelayIntegration : public ::testing::Test {
 protected:
  // To make hosts takes most of the time in an emulated machine: all tests have the same.
  static void SetUpTestSuite() { hosts_ = std::make_unique<Hosts>(); }
  static void TearDownTestSuite() { hosts_.reset(); }

  void SetUp() override {
    auto started = Relay::start(wg::PrivateKey::generate(), {});
    ASSERT_TRUE(started) << started.error().message();
    relay_ = *std::move(started);
    relay_->set_membership(
        std::make_shared<const Membership>(std::vector<Member>{{a_.key(), 1}, {b_.key(), 2}}, std::vector<GroupPair>{{1, 2}}));
  }

  void TearDown() override {
    a_.forget_all();
    b_.forget_all();
  }

  SocketAddress where_is(const Host& host) const {
    const auto snapshot = relay_->snapshot();
    for (const Registered& member : snapshot->members)
      if (member.key == host.key()) return member.address;
    return {};
  }
  bool is_registered(const Host& host) const {
    for (int i = 0; i < 100; ++i) {
      if (where_is(host) != SocketAddress()) return true;
      ::usleep(100'000);
    }
    return false;
  }

  inline static std::unique_ptr<Hosts> hosts_;
  const Host &a_ = hosts_->a, &b_ = hosts_->b;
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayIntegration, DoesAHandshakeWithWireGuard) {
  a_.know_relay(*relay_);
  ASSERT_TRUE(is_registered(a_));
  EXPECT_GT(a_.handshake(relay_->public_key()), 0);
  EXPECT_EQ(where_is(a_).ip.to_string(), "10.1.0.2");
}

TEST_F(RelayIntegration, ConnectsTwoThatCanNotReachEachOther) {
  for (const Host* host : {&a_, &b_}) host->know_relay(*relay_);
  ASSERT_TRUE(is_registered(a_) && is_registered(b_));
  a_.know_peer(b_, *relay_);
  b_.know_peer(a_, *relay_);
  ASSERT_TRUE(a_.reaches(b_));
  EXPECT_TRUE(b_.reaches(a_));
  EXPECT_GT(a_.handshake(b_.key()), 0);
  EXPECT_GE(relay_->snapshot()->flows, 2U);
}

TEST_F(RelayIntegration, FollowsAHostThatMoves) {
  for (const Host* host : {&a_, &b_}) host->know_relay(*relay_);
  ASSERT_TRUE(is_registered(a_) && is_registered(b_));
  a_.know_peer(b_, *relay_);
  b_.know_peer(a_, *relay_);
  ASSERT_TRUE(a_.reaches(b_));
  const long before = b_.handshake(a_.key());
  a_.move(7777);
  EXPECT_TRUE(b_.reaches(a_)) << "it speaks to nobody but the relay meanwhile";
  EXPECT_EQ(where_is(a_).to_string(), "10.1.0.2:7777");
  EXPECT_EQ(b_.handshake(a_.key()), before) << "in the same session";
}

TEST_F(RelayIntegration, LetsAStrangerReachAMember) {
  b_.know_relay(*relay_);
  ASSERT_TRUE(is_registered(b_));
  a_.know_peer(b_, *relay_);
  b_.know_peer(a_, *relay_);
  EXPECT_TRUE(a_.reaches(b_)) << "as an older client does, which knows the relay as an endpoint only";
  EXPECT_EQ(relay_->snapshot()->strangers, 1U);
}

TEST_F(RelayIntegration, CutsOffWhoIsRemoved) {
  for (const Host* host : {&a_, &b_}) host->know_relay(*relay_);
  ASSERT_TRUE(is_registered(a_) && is_registered(b_));
  a_.know_peer(b_, *relay_);
  b_.know_peer(a_, *relay_);
  ASSERT_TRUE(a_.reaches(b_));
  relay_->set_membership(std::make_shared<const Membership>(std::vector<Member>{{a_.key(), 1}}, std::vector<GroupPair>{}));
  EXPECT_FALSE(run(fmt::format("ip netns exec h1 ping -c 3 -i 0.2 -W 1 {} >/dev/null", b_.address())));
}

// Why it can't be tried here; empty: it can.
std::string missing() {
  if (!run("command -v wg ip ping >/dev/null")) return "wg, ip and ping are needed";
  if (g_in_kernel) return run("ip link add probe type wireguard 2>/dev/null && ip link del probe") ? "" : "this kernel has no WireGuard";
  if (!run("command -v wireguard-go >/dev/null")) return "there is no wireguard-go";
  return ::access("/dev/net/tun", R_OK | W_OK) == 0 ? "" : "there is no /dev/net/tun";
}

}  // namespace
}  // namespace innernet::relay

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  innernet::relay::g_in_kernel = argc > 1 && std::string_view(argv[1]) == "kernel";
  return innernet::wg::in_sandbox([] {
    if (const std::string reason = innernet::relay::missing(); !reason.empty()) {
      std::printf("NOT RUN: %s\n", reason.c_str());
      return innernet::wg::kSkipped;
    }
    return RUN_ALL_TESTS();
  });
}
