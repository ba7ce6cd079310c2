#include "router_exchange.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "../http_response.hpp"
#include "../socket_name.hpp"
#include "../tunnel_socket.hpp"
#include "../wait.hpp"
#include "upnp_xml.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kLongestPacket = 2048;
constexpr std::array<std::uint8_t, 4> kSearchGroup{239, 255, 255, 250};
constexpr std::array<std::uint8_t, 4> kAllHosts{224, 0, 0, 1};

// On this link, where several have routers of the same link-local address.
SocketName name_on(const Gateway& place, const SocketAddress& address) {
  SocketName name = socket_name(address);
  if (address.ip.is_v6() && address.ip.is_link_local()) {
    sockaddr_in6 in{};
    std::memcpy(&in, &name.storage, sizeof in);
    in.sin6_scope_id = static_cast<std::uint32_t>(place.link_index);
    std::memcpy(&name.storage, &in, sizeof in);
  }
  return name;
}

Result<UniqueFd> open_socket(const Gateway& place, int type) {
  UniqueFd fd(::socket(place.local.is_v4() ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "making a socket");
  // Where the system does not let us, its routes decide.
  if (const auto bound = bind_to_interface(fd.get(), place.link); !bound && bound.error().kind() != ErrorKind::kPermission)
    return std::unexpected(bound.error());
  const SocketName own = name_on(place, {place.local, 0});
  if (::bind(fd.get(), own.get(), own.size) != 0) return fail_errno(errno, place.local.to_string());
  return fd;
}

std::unexpected<Error> unreachable(const Gateway& place, std::string_view why) {
  return fail(ErrorKind::kUnreachable, fmt::format("the router at {} {}", place.router.to_string(), why));
}

Result<Woken> wait_for(const Stop* stop, BootTime deadline, int fd, short events) {
  TRY(Poller poller, Poller::create(stop));
  TRY(const Woken woken, poller.until(deadline, {{fd, events}}));
  if (woken == Woken::kStopped) return fail(ErrorKind::kInterrupted, "stopped");
  return woken;
}

std::optional<IpAddress> address_of(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  return std::nullopt;
}

using Buffer = std::array<std::uint8_t, kLongestPacket>;

// One packet and who has sent it. An errno when there is none.
Attempt<std::pair<Packet, std::optional<IpAddress>>> receive(int fd, Buffer& buffer) {
  for (;;) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t n = ::recvfrom(fd, buffer.data(), buffer.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(errno);
    // Longer than any that we know.
    const std::size_t length = static_cast<std::size_t>(n) > buffer.size() ? 0 : static_cast<std::size_t>(n);
    return std::pair(Packet(buffer).first(length), address_of(from));
  }
}

}  // namespace

Result<void> exchange_packets(const Gateway& place, std::uint16_t port, Packet request, Pauses pauses, const Stop* stop,
                              const TakePacket& take) {
  TRY(const UniqueFd fd, open_socket(place, SOCK_DGRAM));
  // Connected, so that the kernel drops what comes from anybody else.
  const SocketName to = name_on(place, {place.router, port});
  if (::connect(fd.get(), to.get(), to.size) != 0) return unreachable(place, fmt::format("can't be reached: {}", std::strerror(errno)));
  const SystemClock clock;
  for (const auto pause : pauses) {
    if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED)
      return unreachable(place, "does not know this protocol");
    const BootTime next = clock.boot() + pause;
    for (;;) {
      TRY(const Woken woken, wait_for(stop, next, fd.get(), POLLIN));
      if (woken == Woken::kDeadline) break;
      Buffer buffer;
      const auto packet = receive(fd.get(), buffer);
      if (packet && take(packet->first)) return {};
      if (!packet && packet.error() == ECONNREFUSED) return unreachable(place, "does not know this protocol");
      if (!packet && packet.error() != EAGAIN)
        return unreachable(place, fmt::format("can't be reached: {}", std::strerror(packet.error())));
      if (clock.boot() >= next) break;  // a flood of other packets
    }
  }
  return unreachable(place, "does not answer");
}

Result<RouterUrl> search_router(const Gateway& place, std::uint16_t port, std::chrono::milliseconds patience, const Stop* stop) {
  TRY(const UniqueFd fd, open_socket(place, SOCK_DGRAM));
  const auto own = place.local.bytes();
  in_addr interface{};
  std::memcpy(&interface, own.data(), std::min(own.size(), sizeof interface));
  const unsigned char one_hop = 1;
  ::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface);
  ::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, &one_hop, sizeof one_hop);

  const SystemClock clock;
  const BootTime end = clock.boot() + patience;
  for (const auto until : {clock.boot() + patience / 2, end}) {
    for (const SocketAddress& to : {SocketAddress{place.router, port}, SocketAddress{IpAddress::v4(kSearchGroup), port}}) {
      const SocketName name = name_on(place, to);
      for (const std::string& text : search_requests({IpAddress::v4(kSearchGroup), port}))
        static_cast<void>(::sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL, name.get(), name.size));
    }
    for (;;) {
      TRY(const Woken woken, wait_for(stop, until, fd.get(), POLLIN));
      if (woken == Woken::kDeadline || clock.boot() >= until) break;
      Buffer buffer;
      const auto packet = receive(fd.get(), buffer);
      // Refused: by the router, whose answer to the group may come all the same.
      if (!packet || packet->second != place.router) continue;
      const std::string_view text(reinterpret_cast<const char*>(packet->first.data()), packet->first.size());
      if (auto url = described_at(text, place.router)) return url;
    }
  }
  return unreachable(place, "does not answer");
}

Result<RouterReply> exchange_http(const Gateway& place, const SocketAddress& host, std::string_view request,
                                  std::chrono::milliseconds patience, const Stop* stop) {
  const auto bad = [&](const Error& why) {
    return fail(ErrorKind::kInvalidInput,
                fmt::format("the router at {} sends an answer that can't be read: {}", place.router.to_string(), why.message()));
  };
  const auto too_late = [&] { return unreachable(place, "is not done with an answer in time"); };
  const BootTime deadline = SystemClock().boot() + patience;
  TRY(const UniqueFd fd, open_socket(place, SOCK_STREAM));
  const SocketName to = name_on(place, host);
  if (::connect(fd.get(), to.get(), to.size) != 0 && errno != EINPROGRESS)
    return unreachable(place, fmt::format("can't be reached: {}", std::strerror(errno)));
  while (!request.empty()) {
    TRY(const Woken woken, wait_for(stop, deadline, fd.get(), POLLOUT));
    if (woken == Woken::kDeadline) return too_late();
    const ssize_t n = ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return unreachable(place, fmt::format("can't be reached: {}", std::strerror(errno)));
    if (n > 0) request.remove_prefix(static_cast<std::size_t>(n));
  }

  std::string input;
  RouterReply reply;
  std::optional<ResponseHead> head;
  ChunkedBody chunks;
  for (bool at_end = false;;) {
    if (const auto end = head ? std::string::npos : input.find("\r\n\r\n"); end != std::string::npos) {
      auto parsed = parse_response_head(std::string_view(input).substr(0, end + 4));
      if (!parsed) return bad(parsed.error());
      input.erase(0, end + 4);
      if (parsed->status >= 200) head = *std::move(parsed);
      continue;
    }
    if (head && head->chunked) {
      if (const auto fed = chunks.feed(input, reply.body); !fed) return bad(fed.error());
    } else if (head) {
      reply.body += std::exchange(input, {});
    }
    if (input.size() + reply.body.size() > kLongestXml) return bad(Error(ErrorKind::kInvalidInput, "it is larger than 64 KiB"));
    const bool is_whole = head && (head->chunked          ? chunks.done()
                                   : head->content_length ? reply.body.size() >= *head->content_length
                                                          : at_end);
    if (is_whole) {
      if (head->content_length) reply.body.resize(*head->content_length);
      reply.status = head->status;
      return reply;
    }
    if (at_end) return bad(Error(ErrorKind::kInvalidInput, "it is cut off"));
    TRY(const Woken woken, wait_for(stop, deadline, fd.get(), POLLIN));
    // Also one that sends a byte now and then.
    if (woken == Woken::kDeadline || SystemClock().boot() >= deadline) return too_late();
    std::array<char, 4096> piece;
    const ssize_t n = ::recv(fd.get(), piece.data(), piece.size(), 0);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      return unreachable(place, fmt::format("broke the connection: {}", std::strerror(errno)));
    if (n > 0) input.append(piece.data(), static_cast<std::size_t>(n));
    at_end = n == 0;
  }
}

Result<UniqueFd> listen_to_announcements() {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "making a socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // At the group's address, so that nothing that is sent to an address of this machine comes in.
  const SocketName group = socket_name({IpAddress::v4(kAllHosts), kRouterAnnouncementPort});
  if (::bind(fd.get(), group.get(), group.size) != 0) return fail_errno(errno, "listening for announcements of routers");
  return fd;
}

Attempt<std::optional<RouterAnnouncement>> take_announcement(int fd, const std::optional<Gateway>& place) {
  Buffer buffer;
  const auto packet = receive(fd, buffer);
  if (!packet) return std::unexpected(packet.error());
  if (!place || packet->second != place->router) return std::nullopt;
  return decode_announcement(packet->first);
}

}  // namespace innernet::client
