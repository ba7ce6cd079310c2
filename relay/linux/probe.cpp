#include "innernet/relay/probe.hpp"

#include <poll.h>
#include <sodium.h>

#include <array>

#include "asking.hpp"
#include "linux/udp_socket.hpp"

namespace innernet::relay {
namespace {

// Up, or a time-out that is a fraction too short would be waited for in vain.
int milliseconds_until(BootTime then, BootTime now) {
  return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(then - now).count()));
}

}  // namespace

Result<std::vector<std::optional<ProbeAnswer>>> probe(const wg::PrivateKey& own, std::span<const ProbeTarget> relays,
                                                      std::chrono::milliseconds within, int stop_fd) {
  if (sodium_init() < 0) return fail(ErrorKind::kSystem, "asking relays: no randomness from the system");
  TRY_CONTEXT(UdpSocket socket, UdpSocket::open(0), "asking relays");
  const SystemClock clock;
  Asking asking(own, relays, within, [](std::span<std::uint8_t> out) { randombytes_buf(out.data(), out.size()); }, clock.boot());
  const auto send = [&](const Asking::Outgoing& out) {
    if (!socket.can_reach(out.to.ip)) return;
    socket.send(out.to, out.bytes);
    socket.flush();
  };
  std::array<pollfd, 2> waiting{pollfd{.fd = socket.fd(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = stop_fd, .events = POLLIN, .revents = 0}};
  for (BootTime now = clock.boot(); !asking.is_over(now); now = clock.boot()) {
    const auto due = asking.due(now, clock.wall());
    for (const auto& out : due) send(out);
    if (::poll(waiting.data(), waiting.size(), milliseconds_until(asking.next(), now)) <= 0) continue;
    if (waiting[1].revents != 0) return fail(ErrorKind::kInterrupted, "asking relays: told to stop");
    now = clock.boot();
    socket.receive([&](const SocketAddress&, std::span<const std::uint8_t> bytes) {
      if (const auto out = asking.on_packet(now, bytes)) send(*out);
    });
  }
  return asking.answers();
}

}  // namespace innernet::relay
