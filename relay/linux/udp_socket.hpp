#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/base/unique_fd.hpp"

namespace innernet::relay {

/// A UDP socket on all addresses of the machine that takes and sends many packets with one call: recvmmsg(2) and sendmmsg(2), and packets
/// that follow each other between the same two as one (UDP_GRO, UDP_SEGMENT: udp(7)). Sends fragments where a link is too narrow, as
/// WireGuard does.
class UdpSocket {
 public:
  /// Both families, or IPv4 alone where the machine has no IPv6 (or is not asked for it). Port 0: any. Fails as Relay::start().
  static Result<UdpSocket> open(std::uint16_t port, bool with_v6 = true);

  int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }
  std::uint16_t port() const { return port_; }
  /// Whether it has the family of this address.
  bool can_reach(const IpAddress& ip) const { return is_v6_ || ip.is_v4(); }

  /// `local` is the machine's address at which it came.
  using Receiver = std::function<void(const SocketAddress& source, const IpAddress& local, std::span<const std::uint8_t> bytes)>;
  /// What is there, at most a batch; never waits. The bytes stay until the next call.
  void receive(const Receiver& receiver);

  /// Sends with the next flush(), at the latest; `bytes` have to stay until then. From the address `from`, or as the routes say if that is
  /// 0.0.0.0, no longer the machine's, or of the other family.
  void send(const SocketAddress& to, const IpAddress& from, std::span<const std::uint8_t> bytes);
  /// How many packets since the last call the system has not taken: its buffer is full, or there is no way to where they should go.
  std::uint64_t flush();

 private:
  static constexpr std::size_t kMessages = 32;
  static constexpr std::size_t kBufferSize = 65'536;
  static constexpr std::size_t kSegments = 64;  // the kernel's UDP_MAX_SEGMENTS

  union Name {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  struct Incoming {
    Name name;
    iovec bytes;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(in6_pktinfo))> control;
  };
  // Packets to one address, all of one size but the last, which may be smaller.
  struct Group {
    SocketAddress to;
    IpAddress from;
    Name name;
    std::size_t segment = 0;
    std::size_t segments = 0;
    std::size_t size = 0;
    std::size_t pieces = 0;
    std::array<iovec, kSegments> piece;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t)) + CMSG_SPACE(sizeof(in6_pktinfo))> control;

    bool takes(std::size_t more) const;
  };

  UdpSocket(UniqueFd fd, bool is_v6);
  socklen_t write_name(const SocketAddress& address, Name& name) const;
  msghdr header_of(Group& group, bool in_segments) const;
  void write_source(msghdr& header, Group& group) const;
  void send_groups();
  void send_each(Group& group);

  UniqueFd fd_;
  bool is_v6_;
  std::uint16_t port_ = 0;
  bool can_segment_ = true;
  std::uint64_t not_sent_ = 0;
  std::unique_ptr<std::uint8_t[]> buffers_;
  std::vector<Incoming> incoming_;
  std::vector<mmsghdr> messages_;
  std::vector<Group> groups_;  // the first used_ are
  std::size_t used_ = 0;
};

}  // namespace innernet::relay
