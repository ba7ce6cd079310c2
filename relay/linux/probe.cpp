#include "innernet/relay/probe.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <utility>

#include "asking.hpp"
#include "linux/udp_socket.hpp"

namespace innernet::relay {
namespace {

// Up, or a time-out that is a fraction too short would be waited for in vain.
int milliseconds_until(BootTime then, BootTime now) {
  return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(then - now).count()));
}

void randomize(std::span<std::uint8_t> out) { randombytes_buf(out.data(), out.size()); }

// Packets larger than the path takes get lost, instead of coming through in pieces.
void forbid_fragments(const UdpSocket& socket) {
  const int v4 = IP_PMTUDISC_PROBE, v6 = IPV6_PMTUDISC_PROBE;
  (void)::setsockopt(socket.fd(), IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof v4);
  (void)::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof v6);
}

}  // namespace

struct Prober::Impl {
  UdpSocket socket;
  SystemClock clock{};

  void send(const SocketAddress& to, std::span<const std::uint8_t> bytes) {
    if (!socket.can_reach(to.ip)) return;
    socket.send(to, {}, bytes);
    socket.flush();
  }
};

Prober::Prober(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Prober::Prober(Prober&&) noexcept = default;
Prober& Prober::operator=(Prober&&) noexcept = default;
Prober::~Prober() = default;

Result<Prober> Prober::open() {
  if (sodium_init() < 0) return fail(ErrorKind::kSystem, "asking relays: no randomness from the system");
  TRY_CONTEXT(UdpSocket socket, UdpSocket::open(0), "asking relays");
  forbid_fragments(socket);
  return Prober(std::make_unique<Impl>(std::move(socket)));
}

Result<ProbeAnswers> Prober::ask(const wg::PrivateKey& own, std::span<const ProbeTarget> relays, std::chrono::milliseconds within,
                                 int stop_fd, Path path) {
  UdpSocket& socket = impl_->socket;
  const Clock& clock = impl_->clock;
  Asking asking(own, relays, within, path, randomize, clock.boot());
  const auto send = [&](const std::vector<Asking::Outgoing>& packets) {
    for (const auto& packet : packets) impl_->send(packet.to, packet.bytes);
  };
  std::array<pollfd, 2> waiting{pollfd{.fd = socket.fd(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = stop_fd, .events = POLLIN, .revents = 0}};
  for (BootTime now = clock.boot(); !asking.is_over(now); now = clock.boot()) {
    send(asking.due(now, clock.wall()));
    if (::poll(waiting.data(), waiting.size(), milliseconds_until(asking.next(), now)) <= 0) continue;
    if (waiting[1].revents != 0) return fail(ErrorKind::kInterrupted, "asking relays: told to stop");
    now = clock.boot();
    socket.receive(
        [&](const SocketAddress&, const IpAddress&, std::span<const std::uint8_t> bytes) { send(asking.on_packet(now, bytes)); });
  }
  return asking.answers();
}

bool Prober::reach_each_other(Prober& one, const SocketAddress& one_seen_at, Prober& other, const SocketAddress& other_seen_at,
                              std::chrono::milliseconds within) {
  std::array<std::uint8_t, 32> mark;  // no message of WireGuard's
  randomize(mark);
  mark[0] = 0xFF;
  const Clock& clock = one.impl_->clock;
  const BootTime end = clock.boot() + within;
  std::array<pollfd, 2> waiting{pollfd{.fd = one.impl_->socket.fd(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = other.impl_->socket.fd(), .events = POLLIN, .revents = 0}};
  bool has_come = false;
  // The first packet opens the way for the other side's second one.
  for (int round = 0; round < 3 && !has_come; ++round) {
    one.impl_->send(other_seen_at, mark);
    other.impl_->send(one_seen_at, mark);
    const BootTime until = end - within * (2 - round) / 3;
    for (BootTime now = clock.boot(); now < until && !has_come; now = clock.boot()) {
      if (::poll(waiting.data(), waiting.size(), milliseconds_until(until, now)) <= 0) continue;
      for (Prober* const prober : {&one, &other})
        prober->impl_->socket.receive([&](const SocketAddress&, const IpAddress&, std::span<const std::uint8_t> bytes) {
          has_come = has_come || std::ranges::equal(bytes, mark);
        });
    }
  }
  return has_come;
}

Result<ProbeAnswers> probe(const wg::PrivateKey& own, std::span<const ProbeTarget> relays, std::chrono::milliseconds within, int stop_fd) {
  TRY(Prober prober, Prober::open());
  return prober.ask(own, relays, within, stop_fd);
}

}  // namespace innernet::relay
