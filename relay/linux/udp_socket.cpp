#include "linux/udp_socket.hpp"

#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace innernet::relay {
namespace {

constexpr std::size_t kGroups = 64;
constexpr std::size_t kLargestGroup = 60'000;  // with its headers less than 65,536
constexpr int kSocketBuffer = 4 << 20;         // as much of it as net.core.rmem_max allows

void set_option(int fd, int level, int name, int value) {
  // None of them is needed: without, it is slower, or a narrow link loses more.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

SocketAddress read_name(const sockaddr& any, const sockaddr_in& v4, const sockaddr_in6& v6) {
  if (any.sa_family == AF_INET) {
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return {.ip = IpAddress::v4(bytes), .port = ntohs(v4.sin_port)};
  }
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return {.ip = IpAddress::v6(bytes).unmapped(), .port = ntohs(v6.sin6_port)};
}

Error listening_error(int saved_errno, std::uint16_t port) {
  const std::string what = "the relay can't listen on UDP port " + std::to_string(port);
  if (saved_errno == EADDRINUSE)
    return {ErrorKind::kBusy, what + ": another program has it (`ss -ulpn sport = :" + std::to_string(port) +
                                  "` shows which); end that one, or give the relay another port"};
  if (saved_errno == EACCES)
    return {ErrorKind::kPermission, what + ": ports below 1024 need CAP_NET_BIND_SERVICE; give the relay a higher one"};
  return Error::system(saved_errno, what);
}

}  // namespace

Result<UdpSocket> UdpSocket::open(std::uint16_t port, bool with_v6) {
  constexpr int kType = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  int saved_errno = 0;
  for (const bool is_v6 : {true, false}) {
    if (is_v6 && !with_v6) continue;
    UniqueFd fd(::socket(is_v6 ? AF_INET6 : AF_INET, kType, 0));
    saved_errno = errno;
    if (!fd) continue;
    if (is_v6) {
      const int off = 0;
      if (::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) continue;
    }
    UdpSocket out(std::move(fd), is_v6);
    Name name;
    const socklen_t size = out.write_name({.ip = is_v6 ? IpAddress::v6(std::array<std::uint8_t, 16>{}) : IpAddress(), .port = port}, name);
    if (::bind(out.fd(), &name.any, size) != 0) {
      saved_errno = errno;
      if (saved_errno == EADDRNOTAVAIL && is_v6) continue;  // IPv6 is switched off
      return std::unexpected(listening_error(saved_errno, port));
    }
    socklen_t bound = sizeof name;
    if (::getsockname(out.fd(), &name.any, &bound) != 0) return fail_errno(errno, "the relay's port");
    out.port_ = read_name(name.any, name.v4, name.v6).port;
    return out;
  }
  return std::unexpected(listening_error(saved_errno, port));
}

UdpSocket::UdpSocket(UniqueFd fd, bool is_v6)
    : fd_(std::move(fd)),
      is_v6_(is_v6),
      buffers_(std::make_unique_for_overwrite<std::uint8_t[]>(kMessages * kBufferSize)),
      incoming_(kMessages),
      messages_(std::max(kMessages, kGroups)),
      groups_(kGroups) {
  set_option(fd_.get(), SOL_SOCKET, SO_RCVBUF, kSocketBuffer);
  set_option(fd_.get(), SOL_SOCKET, SO_SNDBUF, kSocketBuffer);
  set_option(fd_.get(), SOL_UDP, UDP_GRO, 1);
  // Never "don't fragment": the inner packets were made for the way that their sender knows, and nobody would tell it of a narrower one.
  set_option(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  if (is_v6_) set_option(fd_.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

void UdpSocket::receive(const Receiver& receiver) {
  for (std::size_t i = 0; i < kMessages; ++i) {
    Incoming& in = incoming_[i];
    in.bytes = {.iov_base = &buffers_[i * kBufferSize], .iov_len = kBufferSize};
    messages_[i].msg_hdr = {.msg_name = &in.name,
                            .msg_namelen = sizeof in.name,
                            .msg_iov = &in.bytes,
                            .msg_iovlen = 1,
                            .msg_control = in.control.data(),
                            .msg_controllen = in.control.size(),
                            .msg_flags = 0};
  }
  const int count = ::recvmmsg(fd_.get(), messages_.data(), kMessages, MSG_DONTWAIT, nullptr);
  // The headers are used for sending, too.
  struct Received {
    std::size_t size = 0;
    std::size_t segment = 0;
  };
  std::array<Received, kMessages> received;
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
    msghdr& header = messages_[i].msg_hdr;
    received[i] = {.size = messages_[i].msg_len, .segment = messages_[i].msg_len};
    for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
      if (one->cmsg_level != SOL_UDP || one->cmsg_type != UDP_GRO) continue;
      int segment = 0;
      std::memcpy(&segment, CMSG_DATA(one), sizeof segment);
      if (segment > 0) received[i].segment = static_cast<std::size_t>(segment);
    }
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
    const Incoming& in = incoming_[i];
    const SocketAddress source = read_name(in.name.any, in.name.v4, in.name.v6);
    std::span<const std::uint8_t> rest(&buffers_[i * kBufferSize], received[i].size);
    do {
      const auto packet = rest.first(std::min(received[i].segment, rest.size()));
      receiver(source, packet);
      rest = rest.subspan(packet.size());
    } while (!rest.empty());
  }
}

bool UdpSocket::Group::takes(std::size_t more) const {
  return segments < kSegments && more <= segment && size == segments * segment && size + more <= kLargestGroup;
}

void UdpSocket::send(const SocketAddress& to, std::span<const std::uint8_t> bytes) {
  // The last one to this address, or the order of packets would change.
  const auto used = std::span(groups_).first(used_);
  const auto last = std::find_if(used.rbegin(), used.rend(), [&](const Group& group) { return group.to == to; });
  if (last == used.rend() || !can_segment_ || !last->takes(bytes.size())) {
    if (used_ == kGroups) send_groups();
    Group& group = groups_[used_++];
    group.to = to;
    group.segment = group.size = bytes.size();
    group.segments = group.pieces = 1;
    group.piece[0] = {.iov_base = const_cast<std::uint8_t*>(bytes.data()), .iov_len = bytes.size()};
    return;
  }
  Group& group = *last;
  ++group.segments;
  group.size += bytes.size();
  iovec& piece = group.piece[group.pieces - 1];
  if (static_cast<const std::uint8_t*>(piece.iov_base) + piece.iov_len == bytes.data())
    piece.iov_len += bytes.size();
  else
    group.piece[group.pieces++] = {.iov_base = const_cast<std::uint8_t*>(bytes.data()), .iov_len = bytes.size()};
}

socklen_t UdpSocket::write_name(const SocketAddress& address, Name& name) const {
  const auto bytes = address.ip.bytes();
  if (!is_v6_) {
    name.v4 = {.sin_family = AF_INET, .sin_port = htons(address.port), .sin_addr = {}, .sin_zero = {}};
    std::memcpy(&name.v4.sin_addr, bytes.data(), std::min(bytes.size(), sizeof name.v4.sin_addr));
    return sizeof name.v4;
  }
  name.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address.port), .sin6_flowinfo = 0, .sin6_addr = {}, .sin6_scope_id = 0};
  auto* const to = reinterpret_cast<std::uint8_t*>(&name.v6.sin6_addr);
  if (address.ip.is_v4()) to[10] = to[11] = 0xFF;
  std::memcpy(to + (16 - bytes.size()), bytes.data(), bytes.size());
  return sizeof name.v6;
}

msghdr UdpSocket::header_of(Group& group) {
  msghdr header{};
  header.msg_name = &group.name;
  header.msg_namelen = write_name(group.to, group.name);
  header.msg_iov = group.piece.data();
  header.msg_iovlen = group.pieces;
  if (group.segments == 1) return header;
  header.msg_control = group.control.data();
  header.msg_controllen = group.control.size();
  if (cmsghdr* const control = CMSG_FIRSTHDR(&header); control != nullptr) {
    *control = {.cmsg_len = CMSG_LEN(sizeof(std::uint16_t)), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
    const auto segment = static_cast<std::uint16_t>(group.segment);
    std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
  }
  return header;
}

void UdpSocket::send_groups() {
  for (std::size_t i = 0; i < used_; ++i) messages_[i].msg_hdr = header_of(groups_[i]);
  std::size_t done = 0;
  while (done < used_) {
    const int count = ::sendmmsg(fd_.get(), &messages_[done], static_cast<unsigned>(used_ - done), MSG_DONTWAIT);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      Group& group = groups_[done++];
      if (group.segments == 1 || errno == EAGAIN || errno == ENOBUFS) {
        not_sent_ += group.segments;
        continue;
      }
      if (errno == EIO) can_segment_ = false;  // the device can't checksum
      send_each(group);                        // EINVAL: a segment is larger than the link
    }
  }
  used_ = 0;
}

void UdpSocket::send_each(Group& group) {
  std::size_t piece = 0, at = 0;
  for (std::size_t left = group.size; left > 0;) {
    const iovec& from = group.piece[piece];
    iovec one{.iov_base = static_cast<std::uint8_t*>(from.iov_base) + at, .iov_len = std::min(group.segment, from.iov_len - at)};
    msghdr header{};
    header.msg_name = &group.name;
    header.msg_namelen = is_v6_ ? sizeof group.name.v6 : sizeof group.name.v4;
    header.msg_iov = &one;
    header.msg_iovlen = 1;
    if (::sendmsg(fd_.get(), &header, MSG_DONTWAIT) < 0) ++not_sent_;
    left -= one.iov_len;
    at += one.iov_len;
    if (at == from.iov_len) ++piece, at = 0;
  }
}

std::uint64_t UdpSocket::flush() {
  send_groups();
  return std::exchange(not_sent_, 0);
}

}  // namespace innernet::relay
