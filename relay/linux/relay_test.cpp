#include "innernet/relay/relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>

#include "linux/udp_socket.hpp"
#include "test_peer.hpp"

namespace innernet::relay {
namespace {

using ::testing::HasSubstr;

using Bytes = std::vector<std::uint8_t>;

/// A peer's socket, of one family.
class Host {
 public:
  explicit Host(std::string_view address)
      : fd_(::socket(address.find(':') == address.npos ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
        ip_(*IpAddress::parse(address)) {
    sockaddr_storage name{};
    const socklen_t size = write({.ip = ip_, .port = 0}, name);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&name), size), 0);
    const timeval limit{.tv_sec = 10, .tv_usec = 0};  // for a test that fails
    EXPECT_EQ(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  }

  void send(std::uint16_t port, const Bytes& bytes) const {
    sockaddr_storage name{};
    const socklen_t size = write({.ip = ip_, .port = port}, name);
    EXPECT_EQ(::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&name), size),
              static_cast<ssize_t>(bytes.size()));
  }

  Bytes receive() const {
    Bytes out(65'536);
    const ssize_t size = ::recv(fd_.get(), out.data(), out.size(), 0);
    EXPECT_GE(size, 0) << "nothing came";
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return out;
  }

  /// From now on it hears this address alone.
  void listen_to(std::string_view ip, std::uint16_t port) const {
    sockaddr_storage name{};
    const socklen_t size = write({.ip = *IpAddress::parse(ip), .port = port}, name);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&name), size), 0);
  }
  void send(const Bytes& bytes) const { EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size())); }

  SocketAddress address() const {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&name), &size), 0);
    return {.ip = ip_,
            .port = ntohs(ip_.is_v4() ? reinterpret_cast<sockaddr_in&>(name).sin_port : reinterpret_cast<sockaddr_in6&>(name).sin6_port)};
  }

 private:
  static socklen_t write(const SocketAddress& address, sockaddr_storage& name) {
    if (address.ip.is_v4()) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(name);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(address.port);
      std::ranges::copy(address.ip.bytes(), reinterpret_cast<std::uint8_t*>(&v4.sin_addr));
      return sizeof v4;
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(name);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::ranges::copy(address.ip.bytes(), reinterpret_cast<std::uint8_t*>(&v6.sin6_addr));
    return sizeof v6;
  }

  UniqueFd fd_;
  IpAddress ip_;
};

std::unique_ptr<Relay> start(std::uint16_t port = 0) {
  auto relay = Relay::start(wg::PrivateKey::generate(), {.port = port});
  EXPECT_TRUE(relay) << relay.error().message();
  return *std::move(relay);
}

void enlist(const Relay& relay, TestPeer& peer, const Host& host) {
  host.send(relay.port(), peer.initiate(relay.public_key(), 1));
  ASSERT_TRUE(peer.accept(host.receive()));
  host.send(relay.port(), peer.keepalive());
}

// Packets are read in the order in which they came, but a snapshot may be faster.
Snapshot snapshot_with(const Relay& relay, std::size_t members) {
  for (;;) {
    auto out = relay.snapshot();
    if (!out || out->members.size() == members) return out.value_or(Snapshot());
    std::this_thread::yield();
  }
}

bool has_ipv6() {
  const UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  return fd && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) == 0;
}

void relays_between(const char* one, const char* other) {
  const auto relay = start();
  TestPeer a(1), b(2);
  relay->set_membership(
      std::make_shared<const Membership>(std::vector<Member>{{a.key(), 1}, {b.key(), 1}}, std::vector<GroupPair>{{1, 1}}));
  const Host at_a(one), at_b(other);
  enlist(*relay, a, at_a);
  enlist(*relay, b, at_b);
  const Snapshot registered = snapshot_with(*relay, 2);
  for (const Registered& member : registered.members) EXPECT_EQ(member.address, (member.key == a.key() ? at_a : at_b).address());

  const Bytes initiation = a.initiate(b.key(), 0xA1);
  at_a.send(relay->port(), initiation);
  EXPECT_EQ(at_b.receive(), initiation);
  at_b.send(relay->port(), response(0xB1, 0xA1));
  EXPECT_EQ(at_a.receive(), response(0xB1, 0xA1));
  for (const std::size_t size : {32U, 1452U, 9000U}) {
    at_a.send(relay->port(), data(0xB1, size));
    EXPECT_EQ(at_b.receive(), data(0xB1, size));
  }
  at_b.send(relay->port(), data(0xA1));
  EXPECT_EQ(at_a.receive(), data(0xA1));
  const Counters counters = relay->snapshot()->counters;
  EXPECT_EQ(counters.passed_on, 6U);
  EXPECT_EQ(counters.handshakes, 2U);
  EXPECT_EQ(counters.not_sent, 0U);
}

TEST(Relay, PassesOnBetweenIpv4Addresses) { relays_between("127.0.0.1", "127.0.0.1"); }

TEST(Relay, PassesOnBetweenFamilies) {
  if (!has_ipv6()) GTEST_SKIP() << "there is no IPv6 here";
  relays_between("127.0.0.1", "::1");
  relays_between("::1", "::1");
}

TEST(Relay, AnswersFromTheAddressThatWasAsked) {
  const auto relay = start();
  TestPeer a(1), b(2);
  relay->set_membership(
      std::make_shared<const Membership>(std::vector<Member>{{a.key(), 1}, {b.key(), 1}}, std::vector<GroupPair>{{1, 1}}));
  const Host at_a("127.0.0.1"), at_b("127.0.0.1");
  at_a.listen_to("127.0.0.2", relay->port());
  at_b.listen_to("127.0.0.3", relay->port());
  for (const auto& [peer, host] : {std::pair(&a, &at_a), std::pair(&b, &at_b)}) {
    host->send(peer->initiate(relay->public_key(), 1));
    ASSERT_TRUE(peer->accept(host->receive()));
    host->send(peer->keepalive());
  }
  snapshot_with(*relay, 2);
  const Bytes initiation = a.initiate(b.key(), 0xA1);
  at_a.send(initiation);
  EXPECT_EQ(at_b.receive(), initiation);
  at_b.send(response(0xB1, 0xA1));
  EXPECT_EQ(at_a.receive(), response(0xB1, 0xA1));
}

TEST(Relay, ForgetsWhoIsNoLongerAMember) {
  const auto relay = start();
  TestPeer a(1), b(2);
  relay->set_membership(
      std::make_shared<const Membership>(std::vector<Member>{{a.key(), 1}, {b.key(), 1}}, std::vector<GroupPair>{{1, 1}}));
  const Host at_a("127.0.0.1"), at_b("127.0.0.1");
  enlist(*relay, a, at_a);
  enlist(*relay, b, at_b);
  snapshot_with(*relay, 2);
  relay->set_membership(std::make_shared<const Membership>(std::vector<Member>{{a.key(), 1}}, std::vector<GroupPair>{{1, 1}}));
  const auto left = relay->snapshot();
  ASSERT_TRUE(left);
  ASSERT_EQ(left->members.size(), 1U);
  EXPECT_EQ(left->members[0].key, a.key());
}

TEST(Relay, SaysWhoHasThePort) {
  const auto first = start();
  const auto second = Relay::start(wg::PrivateKey::generate(), {.port = first->port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::kBusy);
  EXPECT_THAT(second.error().message(), HasSubstr("UDP port " + std::to_string(first->port())));
  EXPECT_THAT(second.error().message(), HasSubstr("give the relay another port"));
}

TEST(Relay, EndsWhenToldAndLeavesThePort) {
  auto relay = start();
  const std::uint16_t port = relay->port();
  EXPECT_TRUE(relay->snapshot());
  relay->stop();
  relay->stop();
  EXPECT_FALSE(relay->snapshot());
  start(port);  // while the first one is still there
}

// ---- the socket ----

void wait_for(const UdpSocket& socket) {
  pollfd waiting{.fd = socket.fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&waiting, 1, 10'000), 1) << "nothing came";
}

void sends_many_packets(bool with_v6) {
  auto from = UdpSocket::open(0, with_v6);
  auto to = UdpSocket::open(0, with_v6);
  ASSERT_TRUE(from && to);
  const SocketAddress there{.ip = *IpAddress::parse("127.0.0.1"), .port = to->port()};
  const Host other("127.0.0.1");
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::size_t size = i % 50 == 49 ? 700 : i % 90 == 89 ? 1400 : 1200;  // of one size, with smaller and larger ones between
    packets.emplace_back(size, static_cast<std::uint8_t>(i));
  }
  for (const Bytes& packet : packets) {
    from->send(there, IpAddress(), packet);
    if (packet[0] % 40 == 0) from->send(other.address(), IpAddress(), packet);
  }
  EXPECT_EQ(from->flush(), 0U);

  std::vector<Bytes> received;
  while (received.size() < packets.size() && !::testing::Test::HasFatalFailure()) {
    wait_for(*to);
    to->receive([&](const SocketAddress& source, const IpAddress& local, std::span<const std::uint8_t> bytes) {
      EXPECT_EQ(local, there.ip);
      EXPECT_EQ(source.port, from->port());
      EXPECT_EQ(source.ip, there.ip) << "an IPv4 address as such";
      received.emplace_back(bytes.begin(), bytes.end());
    });
  }
  EXPECT_EQ(received, packets);
  for (std::size_t i = 0; i < packets.size(); i += 40) EXPECT_EQ(other.receive(), packets[i]);
}

TEST(UdpSocket, SendsManyPacketsAsTheyAre) { sends_many_packets(true); }

TEST(UdpSocket, DoesWithoutIpv6) { sends_many_packets(false); }

TEST(UdpSocket, CountsWhatCanNotBeSent) {
  auto socket = UdpSocket::open(0);
  ASSERT_TRUE(socket);
  const Bytes too_large(65'530, 1), packet(100, 2);
  const Host host("127.0.0.1");
  socket->send(host.address(), IpAddress(), too_large);
  socket->send(host.address(), IpAddress(), packet);
  EXPECT_EQ(socket->flush(), 1U);
  EXPECT_EQ(host.receive(), packet) << "what follows is";
  EXPECT_EQ(socket->flush(), 0U);
}

void sends_from_an_address(bool with_v6) {
  auto socket = UdpSocket::open(0, with_v6);
  ASSERT_TRUE(socket);
  const IpAddress second = *IpAddress::parse("127.0.0.2"), foreign = *IpAddress::parse("192.0.2.1"), v6 = *IpAddress::parse("2001:db8::1");
  const Bytes one(100, 1), two(100, 2), three(100, 3);
  const Host asks_second("127.0.0.1"), asks_any("127.0.0.1");
  asks_second.listen_to("127.0.0.2", socket->port());
  asks_any.listen_to("127.0.0.1", socket->port());
  // Alone, and as one of several in a segmented message.
  for (const std::size_t count : {1U, 5U}) {
    for (std::size_t i = 0; i < count; ++i) socket->send(asks_second.address(), second, one);
    for (std::size_t i = 0; i < count; ++i) socket->send(asks_any.address(), foreign, two);
    for (std::size_t i = 0; i < count; ++i) socket->send(asks_any.address(), v6, three);
    EXPECT_EQ(socket->flush(), 0U);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(asks_second.receive(), one);
    for (const Bytes* const bytes : {&two, &three})
      for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(asks_any.receive(), *bytes) << "as the routes say";
  }
}

TEST(UdpSocket, SendsFromTheAddressThatItIsTold) { sends_from_an_address(true); }

TEST(UdpSocket, SendsFromTheAddressThatItIsToldWithoutIpv6) { sends_from_an_address(false); }

}  // namespace
}  // namespace innernet::relay
