#include "innernet/client/round_trip.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "icmp_echo.hpp"
#include "innernet/base/random.hpp"
#include "innernet/base/unique_fd.hpp"
#include "socket_name.hpp"
#include "tunnel_socket.hpp"
#include "wait.hpp"

namespace innernet::client {
namespace {

struct Pinged {
  IpAddress address;
  BootTime sent;
};

// A ping socket, which net.ipv4.ping_group_range has to allow; else a raw one, which takes CAP_NET_RAW.
UniqueFd echo_socket(IpFamily family, const InterfaceName& interface) {
  const int domain = family == IpFamily::kV4 ? AF_INET : AF_INET6;
  const int protocol = family == IpFamily::kV4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  for (const int type : {SOCK_DGRAM, SOCK_RAW}) {
    UniqueFd socket(::socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!socket || !bind_to_interface(socket.get(), interface)) continue;
    if (type == SOCK_RAW && family == IpFamily::kV6) {
      // Else everything that comes by is ours to read.
      icmp6_filter filter{};
      ICMP6_FILTER_SETBLOCKALL(&filter);
      ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
      ::setsockopt(socket.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    }
    return socket;
  }
  return {};
}

class Pinger {
 public:
  Pinger(IpFamily family, const InterfaceName& interface, const Clock& clock)
      : family_(family), socket_(echo_socket(family, interface)), clock_(clock) {
    for (std::size_t i = 0; i < nonce_.size(); i += sizeof(std::uint64_t)) {
      const std::uint64_t bits = random_bits().value_or(0);
      std::memcpy(&nonce_[i], &bits, sizeof bits);
    }
  }

  int fd() const { return socket_.get(); }
  bool is_done() const { return left_ == 0; }

  void send(const IpAddress& to, RoundTrips& found) {
    if (!socket_) return;
    const auto packet =
        echo_request(family_, static_cast<std::uint16_t>(::getpid() & 0xffff), static_cast<std::uint16_t>(pinged_.size()), nonce_);
    const SocketName name = socket_name({to, 0});
    const BootTime now = clock_.boot();
    if (::sendto(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL, name.get(), name.size) < 0) return;
    pinged_.push_back({.address = to, .sent = now});
    if (found.emplace(to, std::nullopt).second) ++left_;
  }

  void receive(RoundTrips& found) {
    std::array<std::uint8_t, 256> bytes;
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
      if (got < 0) return;
      const auto sequence = sequence_of_reply(family_, std::span(bytes).first(static_cast<std::size_t>(got)), nonce_);
      if (!sequence || *sequence >= pinged_.size()) continue;
      const Pinged& pinged = pinged_[*sequence];
      auto& round_trip = found[pinged.address];
      if (round_trip) continue;
      round_trip = clock_.boot() - pinged.sent;
      --left_;
    }
  }

 private:
  IpFamily family_;
  UniqueFd socket_;
  const Clock& clock_;
  EchoNonce nonce_{};
  std::vector<Pinged> pinged_;  // by sequence number
  std::size_t left_ = 0;
};

}  // namespace

RoundTrips round_trips(const InterfaceName& interface, std::span<const IpAddress> peers, std::chrono::milliseconds patience,
                       const Stop& stop) {
  RoundTrips found;
  auto poller = Poller::create(&stop);
  if (peers.empty() || !poller) return found;
  const SystemClock clock;
  Pinger v4(IpFamily::kV4, interface, clock), v6(IpFamily::kV6, interface, clock);
  const BootTime end = clock.boot() + patience;
  const auto pinged = peers.first(std::min(peers.size(), kMostPinged));
  for (const IpAddress& peer : pinged) (peer.is_v4() ? v4 : v6).send(peer, found);
  while ((!v4.is_done() || !v6.is_done()) && clock.boot() < end) {
    const auto woken = poller->until(end, {{v4.fd(), POLLIN}, {v6.fd(), POLLIN}});
    if (!woken || *woken != Woken::kReady) break;
    v4.receive(found);
    v6.receive(found);
  }
  return found;
}

}  // namespace innernet::client
