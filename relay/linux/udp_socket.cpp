#include "linux/udp_socket.hpp"

#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
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

IpAddress read_v4(const in_addr& address) {
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v4(bytes);
}

IpAddress read_v6(const in6_addr& address) {
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v6(bytes).unmapped();
}

SocketAddress read_name(const sockaddr& any, const sockaddr_in& v4, const sockaddr_in6& v6) {
  if (any.sa_family == AF_INET) return {.ip = read_v4(v4.sin_addr), .port = ntohs(v4.sin_port)};
  return {.ip = read_v6(v6.sin6_addr), .port = ntohs(v6.sin6_port)};
}

in_addr write_v4(const IpAddress& address) {
  in_addr out{};
  const auto bytes = address.bytes();
  std::memcpy(&out, bytes.data(), std::min(bytes.size(), sizeof out));
  return out;
}

// IPv4 as it is named on a socket of both families.
in6_addr write_v6(const IpAddress& address) {
  in6_addr out{};
  auto* const to = reinterpret_cast<std::uint8_t*>(&out);
  const auto bytes = address.bytes();
  if (address.is_v4()) to[10] = to[11] = 0xFF;
  std::memcpy(to + (sizeof out - bytes.size()), bytes.data(), bytes.size());
  return out;
}

template <class Value>
std::optional<Value> read_control(const cmsghdr& control, int level, int type) {
  if (control.cmsg_level != level || control.cmsg_type != type) return std::nullopt;
  Value out;
  std::memcpy(&out, CMSG_DATA(&control), sizeof out);
  return out;
}

template <class Value>
void append_control(msghdr& header, std::span<std::uint8_t> room, int level, int type, const Value& value) {
  auto* const at = reinterpret_cast<cmsghdr*>(room.data() + header.msg_controllen);
  *at = {.cmsg_len = CMSG_LEN(sizeof value), .cmsg_level = level, .cmsg_type = type};
  std::memcpy(CMSG_DATA(at), &value, sizeof value);
  header.msg_control = room.data();
  header.msg_controllen += CMSG_SPACE(sizeof value);
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
  // A socket of both families tells of IPv4 as well, as of a mapped address.
  if (is_v6_)
    set_option(fd_.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  else
    set_option(fd_.get(), IPPROTO_IP, IP_PKTINFO, 1);
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
    IpAddress local{};
  };
  std::array<Received, kMessages> received;
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
    msghdr& header = messages_[i].msg_hdr;
    received[i] = {.size = messages_[i].msg_len, .segment = messages_[i].msg_len, .local = IpAddress()};
    for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
      if (const auto segment = read_control<int>(*one, SOL_UDP, UDP_GRO); segment.value_or(0) > 0)
        received[i].segment = static_cast<std::size_t>(*segment);
      else if (const auto v6 = read_control<in6_pktinfo>(*one, IPPROTO_IPV6, IPV6_PKTINFO))
        received[i].local = read_v6(v6->ipi6_addr);
      else if (const auto v4 = read_control<in_pktinfo>(*one, IPPROTO_IP, IP_PKTINFO))
        received[i].local = read_v4(v4->ipi_addr);
    }
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
    const Incoming& in = incoming_[i];
    const SocketAddress source = read_name(in.name.any, in.name.v4, in.name.v6);
    std::span<const std::uint8_t> rest(&buffers_[i * kBufferSize], received[i].size);
    do {
      const auto packet = rest.first(std::min(received[i].segment, rest.size()));
      receiver(source, received[i].local, packet);
      rest = rest.subspan(packet.size());
    } while (!rest.empty());
  }
}

bool UdpSocket::Group::takes(std::size_t more) const {
  return segments < kSegments && more <= segment && size == segments * segment && size + more <= kLargestGroup;
}

void UdpSocket::send(const SocketAddress& to, const IpAddress& from, std::span<const std::uint8_t> bytes) {
  // The last one to this address, or the order of packets would change.
  const auto used = std::span(groups_).first(used_);
  const auto last = std::find_if(used.rbegin(), used.rend(), [&](const Group& group) { return group.to == to && group.from == from; });
  if (last == used.rend() || !can_segment_ || !last->takes(bytes.size())) {
    if (used_ == kGroups) send_groups();
    Group& group = groups_[used_++];
    group.to = to;
    group.from = from;
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
  if (!is_v6_) {
    name.v4 = {.sin_family = AF_INET, .sin_port = htons(address.port), .sin_addr = write_v4(address.ip), .sin_zero = {}};
    return sizeof name.v4;
  }
  name.v6 = {
      .sin6_family = AF_INET6, .sin6_port = htons(address.port), .sin6_flowinfo = 0, .sin6_addr = write_v6(address.ip), .sin6_scope_id = 0};
  return sizeof name.v6;
}

void UdpSocket::write_source(msghdr& header, Group& group) const {
  if (group.from.is_unspecified() || group.from.is_v4() != group.to.ip.is_v4()) return;
  if (is_v6_)
    append_control(header, group.control, IPPROTO_IPV6, IPV6_PKTINFO, in6_pktinfo{.ipi6_addr = write_v6(group.from), .ipi6_ifindex = 0});
  else
    append_control(header, group.control, IPPROTO_IP, IP_PKTINFO,
                   in_pktinfo{.ipi_ifindex = 0, .ipi_spec_dst = write_v4(group.from), .ipi_addr = {}});
}

msghdr UdpSocket::header_of(Group& group, bool in_segments) const {
  msghdr header{};
  header.msg_name = &group.name;
  header.msg_namelen = write_name(group.to, group.name);
  header.msg_iov = group.piece.data();
  header.msg_iovlen = group.pieces;
  if (in_segments) append_control(header, group.control, SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(group.segment));
  write_source(header, group);
  return header;
}

void UdpSocket::send_groups() {
  for (std::size_t i = 0; i < used_; ++i) messages_[i].msg_hdr = header_of(groups_[i], groups_[i].segments > 1);
  std::size_t done = 0;
  while (done < used_) {
    const int count = ::sendmmsg(fd_.get(), &messages_[done], static_cast<unsigned>(used_ - done), MSG_DONTWAIT);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      Group& group = groups_[done++];
      const bool can_be_otherwise = group.segments > 1 || !group.from.is_unspecified();
      if (!can_be_otherwise || errno == EAGAIN || errno == ENOBUFS) {
        not_sent_ += group.segments;
        continue;
      }
      if (errno == EIO && group.segments > 1) can_segment_ = false;  // the device can't checksum
      send_each(group);  // EINVAL: a segment is larger than the link, or it is not from an address of ours
    }
  }
  used_ = 0;
}

void UdpSocket::send_each(Group& group) {
  std::size_t piece = 0, at = 0;
  for (std::size_t left = group.size; left > 0;) {
    const iovec& from = group.piece[piece];
    iovec one{.iov_base = static_cast<std::uint8_t*>(from.iov_base) + at, .iov_len = std::min(group.segment, from.iov_len - at)};
    bool is_sent = false;
    for (bool again = true; again;) {
      msghdr header = header_of(group, false);
      header.msg_iov = &one;
      header.msg_iovlen = 1;
      is_sent = ::sendmsg(fd_.get(), &header, MSG_DONTWAIT) >= 0;
      again = !is_sent && errno != EAGAIN && errno != ENOBUFS && !group.from.is_unspecified();
      if (again) group.from = IpAddress();  // it has left the machine since
    }
    if (!is_sent) ++not_sent_;
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
