#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "innernet/base/clock.hpp"
#include "innernet/base/random.hpp"
#include "innernet/base/unique_fd.hpp"
#include "innernet/publicip/publicip.hpp"

namespace innernet::publicip {
namespace {

constexpr std::size_t kLongestAnswer = 4096;  // without EDNS a resolver sends 512 bytes at most
constexpr std::uint16_t kDnsPort = 53;

Result<UniqueFd> connect_to(const SocketAddress& resolver) {
  const bool v6 = resolver.ip.is_v6();
  UniqueFd fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "opening a socket");
  sockaddr_storage storage{};
  socklen_t size = 0;
  const auto bytes = resolver.ip.bytes();
  if (v6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(resolver.port);
    std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&storage, &address, size = sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(resolver.port);
    std::memcpy(&address.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&storage, &address, size = sizeof address);
  }
  // Connected, so that the kernel drops what comes from anywhere else.
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) return fail_errno(errno, resolver.to_string());
  return fd;
}

// One question on its way.
class Query {
 public:
  static Result<Query> send(const SocketAddress& resolver, Family family) {
    const auto random = random_bits();
    if (!random) return fail_errno(random.error(), "drawing a random number");
    const auto id = static_cast<std::uint16_t>(*random);
    TRY(UniqueFd fd, connect_to(resolver));
    const auto message = encode_query(id, family);
    if (::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(message.size()))
      return fail_errno(errno, resolver.to_string());
    return Query(std::move(fd), id, family);
  }

  int fd() const { return fd_.get(); }

  /// Reads what has come. True when there is nothing more to wait for: the answer, or a refusal by the resolver's host.
  bool receive(std::optional<IpAddress>& address) const {
    for (;;) {
      std::array<std::uint8_t, kLongestAnswer> buffer;
      const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return errno != EAGAIN;
      if (static_cast<std::size_t>(size) > buffer.size()) continue;
      // Anybody who guesses the port may send something, so a bad answer does not end the wait for the good one.
      const auto answer = decode_answer(std::span(buffer).first(static_cast<std::size_t>(size)), id_, family_);
      if (!answer) continue;
      address = *answer;
      return true;
    }
  }

 private:
  Query(UniqueFd fd, std::uint16_t id, Family family) : fd_(std::move(fd)), id_(id), family_(family) {}

  UniqueFd fd_;
  std::uint16_t id_;
  Family family_;
};

}  // namespace

Resolvers quad9() {
  constexpr std::array<std::uint8_t, 4> kV4 = {9, 9, 9, 9};
  constexpr std::array<std::uint8_t, 16> kV6 = {0x26, 0x20, 0, 0xFE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFE};
  return {.ipv4 = SocketAddress{IpAddress::v4(kV4), kDnsPort}, .ipv6 = SocketAddress{IpAddress::v6(kV6), kDnsPort}};
}

PublicAddresses detect(const Resolvers& resolvers, std::chrono::milliseconds timeout) {
  PublicAddresses found;
  struct Waiting {
    Query query;
    std::optional<IpAddress>* result;
  };
  std::vector<Waiting> waiting;
  // No route to a resolver is no answer from it.
  const auto ask = [&waiting](const std::optional<SocketAddress>& resolver, Family family, std::optional<IpAddress>& result) {
    if (!resolver) return;
    if (auto query = Query::send(*resolver, family)) waiting.push_back({std::move(*query), &result});
  };
  ask(resolvers.ipv4, Family::kIpv4, found.ipv4);
  ask(resolvers.ipv6, Family::kIpv6, found.ipv6);

  const SystemClock clock;
  const BootTime deadline = clock.boot() + timeout;
  while (!waiting.empty()) {
    const auto left = deadline - clock.boot();
    if (left <= std::chrono::nanoseconds(0)) break;
    std::vector<pollfd> polled;
    for (const Waiting& each : waiting) polled.push_back({.fd = each.query.fd(), .events = POLLIN, .revents = 0});
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    if (::ppoll(polled.data(), polled.size(), &wait, nullptr) < 0 && errno != EINTR) break;
    std::erase_if(waiting, [](const Waiting& each) { return each.query.receive(*each.result); });
  }
  return found;
}

}  // namespace innernet::publicip
