#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "innernet/base/clock.hpp"
#include "innernet/base/unique_fd.hpp"
#include "innernet/publicip/publicip.hpp"

namespace innernet::publicip {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::chrono::seconds kLong{20};        // for answers that come: never waited for
constexpr std::chrono::milliseconds kShort{50};  // for answers that don't

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

// A UDP socket on a free port of ::1 or 127.0.0.1; no descriptor where the machine has none.
UniqueFd bound_socket(Family family) {
  UniqueFd fd(::socket(family == Family::kIpv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  const bool bound = family == Family::kIpv6 ? ::bind(fd.get(), reinterpret_cast<sockaddr*>(&v6), sizeof v6) == 0
                                             : ::bind(fd.get(), reinterpret_cast<sockaddr*>(&v4), sizeof v4) == 0;
  return bound ? std::move(fd) : UniqueFd();
}

SocketAddress address_of(int fd, Family family) {
  sockaddr_in6 address{};  // large enough for both; the port is at the same place
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return {family == Family::kIpv6 ? ip("::1") : ip("127.0.0.1"), ntohs(address.sin6_port)};
}

Bytes answer_to(const Bytes& query, const IpAddress& address) {
  Bytes answer = query;
  answer[2] = 0x81, answer[3] = 0x80;  // response, no error
  answer[7] = 1;                       // one answer
  for (const int byte : {0xC0, 0x0C, 0, address.is_v4() ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, address.is_v4() ? 4 : 16})
    answer.push_back(static_cast<std::uint8_t>(byte));
  answer.insert(answer.end(), address.bytes().begin(), address.bytes().end());
  return answer;
}

// Answers one query on loopback with the messages that `replies` makes of it.
class FakeResolver {
 public:
  using Replies = std::function<std::vector<Bytes>(const Bytes& query)>;

  FakeResolver(Family family, Replies replies) : socket_(bound_socket(family)) {
    if (!socket_) return;
    address = address_of(socket_.get(), family);
    thread_ = std::thread([this, replies = std::move(replies)] { serve(replies); });
  }
  FakeResolver(const FakeResolver&) = delete;
  FakeResolver& operator=(const FakeResolver&) = delete;
  ~FakeResolver() {
    if (thread_.joinable()) thread_.join();
  }

  std::optional<SocketAddress> address;  // none: the machine does not have this family
  Bytes query;

 private:
  void serve(const Replies& replies) {
    Bytes buffer(512);
    sockaddr_in6 from{};
    socklen_t size = sizeof from;
    pollfd polled{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&polled, 1, 20'000) != 1) return;
    const ssize_t got = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    buffer.resize(static_cast<std::size_t>(got));
    query = buffer;
    for (const Bytes& reply : replies(buffer))
      ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }

  UniqueFd socket_;
  std::thread thread_;
};

TEST(Detect, AsksBothAtOnce) {
  FakeResolver v4(Family::kIpv4, [](const Bytes& query) { return std::vector<Bytes>{answer_to(query, ip("203.0.113.7"))}; });
  FakeResolver v6(Family::kIpv6, [](const Bytes& query) { return std::vector<Bytes>{answer_to(query, ip("2001:db8::7"))}; });
  if (!v4.address || !v6.address) GTEST_SKIP() << "no IPv6 on loopback";
  const auto found = detect({v4.address, v6.address}, kLong);
  EXPECT_EQ(found.ipv4, ip("203.0.113.7"));
  EXPECT_EQ(found.ipv6, ip("2001:db8::7"));
  EXPECT_EQ(found.preferred(), ip("203.0.113.7"));
}

// Anybody can send something to a port that they guess; it must not end the wait for the resolver's own answer.
TEST(Detect, IgnoresBadAnswersBeforeTheGoodOne) {
  FakeResolver v4(Family::kIpv4, [](const Bytes& query) {
    Bytes other_id = answer_to(query, ip("192.0.2.66"));
    other_id[0] ^= 1;
    Bytes refused = query;
    refused[2] = 0x81, refused[3] = 0x85;
    return std::vector<Bytes>{Bytes{}, Bytes{1, 2, 3}, other_id, refused, Bytes(9000, 0xFF), query, answer_to(query, ip("203.0.113.7"))};
  });
  EXPECT_EQ(detect({v4.address, {}}, kLong).ipv4, ip("203.0.113.7"));
}

// The answer that came from elsewhere is right in every byte but its source.
TEST(Detect, IgnoresAnswersFromAnotherSource) {
  const UniqueFd resolver = bound_socket(Family::kIpv4), stranger = bound_socket(Family::kIpv4);
  ASSERT_TRUE(resolver && stranger);
  PublicAddresses found;
  std::thread asking([&, address = address_of(resolver.get(), Family::kIpv4)] { found = detect({address, {}}, kLong); });
  Bytes query(512);
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got = ::recvfrom(resolver.get(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  ASSERT_GT(got, 0);
  query.resize(static_cast<std::size_t>(got));
  const Bytes forged = answer_to(query, ip("192.0.2.66")), real = answer_to(query, ip("203.0.113.7"));
  EXPECT_GT(::sendto(stranger.get(), forged.data(), forged.size(), 0, reinterpret_cast<sockaddr*>(&from), size), 0);
  EXPECT_GT(::sendto(resolver.get(), real.data(), real.size(), 0, reinterpret_cast<sockaddr*>(&from), size), 0);
  asking.join();
  EXPECT_EQ(found.ipv4, ip("203.0.113.7"));
}

TEST(Detect, WithoutAnAnswerIsNoAddress) {
  const UniqueFd silent = bound_socket(Family::kIpv4);
  ASSERT_TRUE(silent);
  const SystemClock clock;
  const BootTime start = clock.boot();
  const auto found = detect({address_of(silent.get(), Family::kIpv4), {}}, kShort);
  EXPECT_GE(clock.boot() - start, kShort) << "waits as long as it was told";
  EXPECT_FALSE(found.preferred());
  EXPECT_FALSE(detect({}, kLong).preferred()) << "nobody to ask";
}

TEST(Detect, WhereNobodyListensDoesNotWait) {
  const SocketAddress closed = address_of(bound_socket(Family::kIpv4).get(), Family::kIpv4);
  EXPECT_FALSE(detect({SocketAddress{closed.ip, closed.port}, {}}, kShort).preferred());
}

TEST(Detect, OneSilentResolverDoesNotHideTheOther) {
  FakeResolver v6(Family::kIpv6, [](const Bytes& query) { return std::vector<Bytes>{answer_to(query, ip("2001:db8::7"))}; });
  if (!v6.address) GTEST_SKIP() << "no IPv6 on loopback";
  const UniqueFd silent = bound_socket(Family::kIpv4);
  const auto found = detect({address_of(silent.get(), Family::kIpv4), v6.address}, std::chrono::milliseconds(500));
  EXPECT_FALSE(found.ipv4);
  EXPECT_EQ(found.preferred(), ip("2001:db8::7"));
}

TEST(Detect, AsksQuad9ByDefault) {
  EXPECT_EQ(quad9().ipv4->to_string(), "9.9.9.9:53");
  EXPECT_EQ(quad9().ipv6->to_string(), "[2620:fe::fe]:53");
}

}  // namespace
}  // namespace innernet::publicip
