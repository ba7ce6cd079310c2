// relay_load relay|kernel|turn|bare FROM TO AT AT_TO FLOWS [KEY]: packets from FLOWS sockets in the network namespace FROM (a file) to as
// many in TO, over what is at AT (address:port) as FROM and at AT_TO as TO sees it: a relay with this KEY, a kernel that forwards the ports
// from AT's on, a TURN server, or `relay_host bare`. Says "ready", and then does as lines of its input say:
//   load SIZE TRAIN MILLISECONDS PID...   as fast as they come through, a window full of them on the way, TRAIN of a flow after each other;
//                                   prints how many arrived and were lost, and the nanoseconds of CPU that these processes had meanwhile
//   latency SIZE RATE MILLISECONDS  that many of the first flow in a second; prints how many arrived and were lost, and p50 and p99 of
//   their way in µs register COUNT                  (relay) as many pairs, each member from a port of its own, which stays theirs sessions
//   COUNT                  (relay) as many more sessions between the pairs of this program
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "innernet/base/ip.hpp"
#include "innernet/base/unique_fd.hpp"
#include "test_peer.hpp"

namespace innernet::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;

// Packets on the way at a time. The buffer of coturn's sockets does not hold more, and it takes them one by one anyway.
constexpr std::size_t kMostWindow = 256, kTurnWindow = 32;
// The kinds run beside each other: each has a thousand ports at either end (a relay's alone has more).
constexpr std::uint16_t kFirstFrom = 10'000, kFirstTo = 30'000, kEach = 1'000;
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

[[noreturn]] void give_up(const std::string& what) { throw std::runtime_error(what); }
void must(bool fine, std::string_view what) {
  if (!fine) give_up(fmt::format("{}: {}", what, std::strerror(errno)));
}

void enter(const char* space) {
  const UniqueFd fd(::open(space, O_RDONLY | O_CLOEXEC));
  must(fd && ::setns(fd.get(), CLONE_NEWNET) == 0, space);
}

sockaddr_in name_of(const SocketAddress& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  const auto bytes = address.ip.bytes();
  std::memcpy(&out.sin_addr, bytes.data(), sizeof out.sin_addr);
  return out;
}

class Socket {
 public:
  explicit Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    must(static_cast<bool>(fd_), "socket");
    const auto any = name_of({.ip = IpAddress(), .port = port});
    must(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0, fmt::format("bind to {}", port));
    must(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) == 0, "a time-out");
    const int buffer = 4 << 20;
    must(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) == 0, "a buffer");
  }

  void connect(const SocketAddress& to) const {
    const auto name = name_of(to);
    must(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0, "connect");
  }
  int fd() const { return fd_.get(); }
  void send(const Bytes& bytes) const { must(::send(fd_.get(), bytes.data(), bytes.size(), 0) >= 0, "send"); }
  void send_to(const SocketAddress& to, const Bytes& bytes) const {
    const auto name = name_of(to);
    must(::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&name), sizeof name) >= 0, "send");
  }
  bool has_some() const {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, 100) > 0;
  }
  Bytes receive() const {
    Bytes out(2048);
    const ssize_t size = ::recv(fd_.get(), out.data(), out.size(), 0);
    must(size >= 0, "nothing came");
    out.resize(static_cast<std::size_t>(size));
    return out;
  }

 private:
  UniqueFd fd_;
};

// ---- TURN (RFC 8656), as much of it as opens a channel ----

void put16(Bytes& out, unsigned number) {
  out.push_back(static_cast<std::uint8_t>(number >> 8U));
  out.push_back(static_cast<std::uint8_t>(number));
}

constexpr std::array<std::uint8_t, 4> kMagic{0x21, 0x12, 0xA4, 0x42};
constexpr unsigned kChannel = 0x4000;

void ask(const Socket& socket, unsigned method, const Bytes& attributes) {
  Bytes out;
  out.reserve(20 + attributes.size());
  put16(out, method);
  put16(out, static_cast<unsigned>(attributes.size()));
  out.insert(out.end(), kMagic.begin(), kMagic.end());
  for (unsigned i = 0; i < 12; ++i) out.push_back(static_cast<std::uint8_t>(method + i));
  out.insert(out.end(), attributes.begin(), attributes.end());
  socket.send(out);
  const Bytes answer = socket.receive();
  if (answer.size() < 20 || answer[0] != (0x01 | method >> 8U) || answer[1] != (method & 0xFFU)) give_up("the TURN server refuses");
}

void open_channel(const Socket& socket, const SocketAddress& peer) {
  ask(socket, 0x0003, {0x00, 0x19, 0x00, 0x04, 17, 0, 0, 0});  // Allocate, REQUESTED-TRANSPORT: UDP
  Bytes bind;
  for (const unsigned number : {0x000CU, 4U, kChannel, 0U, 0x0012U, 8U, 1U, peer.port ^ 0x2112U}) put16(bind, number);
  const auto ip = peer.ip.bytes();
  for (std::size_t i = 0; i < 4; ++i) bind.push_back(ip[i] ^ kMagic[i]);
  ask(socket, 0x0009, bind);
}

// ---- the ways ----

enum class Way { kRelay, kKernel, kTurn, kBare };

struct Options {
  Way way;
  const char* from;
  const char* to;
  SocketAddress at, at_to;
  std::uint32_t flows;
  std::optional<wg::PublicKey> key;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {
    enter(options.to);
    for (std::uint32_t i = 0; i < options.flows; ++i) to_.emplace_back(port_to(i));
    enter(options.from);
    for (std::uint32_t i = 0; i < options.flows; ++i) {
      from_.emplace_back(port_from(i));
      SocketAddress at = options.at;
      if (options.way == Way::kKernel) at.port = static_cast<std::uint16_t>(at.port + i);
      from_[i].connect(at);
      if (options.way == Way::kRelay) {
        TestPeer a(2 * i), b(2 * i + 1);
        enlist(a, from_[i], options.at);
        enlist(b, to_[i], options.at_to);
        keys_.push_back(b.key());
      } else if (options.way == Way::kTurn) {
        open_channel(from_[i], {.ip = receiver(), .port = port_to(i)});
      }
    }
    if (options.way == Way::kRelay)
      for (std::uint32_t i = 0; i < options.flows; ++i) begin_session(i, 0);
  }

  std::string load(std::size_t size, std::size_t train, std::chrono::milliseconds time, const std::vector<int>& pids) {
    const std::vector<Bytes> packets = packets_of(size);
    std::uint64_t arrived = 0, lost = 0;
    for (int i = 0; i < 8; ++i) burst(packets, train, arrived, lost);  // what is for the first time
    arrived = lost = 0;
    const std::uint64_t before = cpu_of(pids);
    for (const auto end = Clock::now() + time; Clock::now() < end;) burst(packets, train, arrived, lost);
    return fmt::format("{} {} {}", arrived, lost, cpu_of(pids) - before);
  }

  std::string latency(std::size_t size, std::uint32_t rate, std::chrono::milliseconds time) {
    Bytes packet = packets_of(size)[0];
    std::vector<double> ways;
    std::uint64_t sent = 0;
    const auto began = Clock::now();
    const auto each = std::chrono::nanoseconds(1'000'000'000 / rate);
    for (auto last = began + time, now = began; now < last + std::chrono::milliseconds(50); now = Clock::now()) {
      if (now < last && began + sent * each <= now) {
        ++sent;
        const std::int64_t at = now.time_since_epoch().count();
        std::memcpy(&packet[packet.size() - sizeof at], &at, sizeof at);
        from_[0].send(packet);
      }
      const ssize_t got = ::recv(to_[0].fd(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < static_cast<ssize_t>(sizeof(std::int64_t))) continue;
      std::int64_t at = 0;
      std::memcpy(&at, &buffer_[static_cast<std::size_t>(got) - sizeof at], sizeof at);
      ways.push_back(static_cast<double>(Clock::now().time_since_epoch().count() - at) / 1000);
    }
    std::ranges::sort(ways);
    if (ways.empty()) give_up("nothing came");
    return fmt::format("{} {} {:.1f} {:.1f}", ways.size(), sent - ways.size(), ways[ways.size() / 2], ways[ways.size() * 99 / 100]);
  }

  std::string enlist_more(std::uint32_t pairs) {
    for (std::uint32_t i = options_.flows; i < options_.flows + pairs; ++i) {
      TestPeer a(2 * i), b(2 * i + 1);
      for (TestPeer* const peer : {&a, &b}) {
        const Socket socket(port_from(options_.flows + more_++));
        socket.connect(options_.at);
        enlist(*peer, socket, options_.at);
      }
    }
    return fmt::format("{}", pairs);
  }

  std::string sessions(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) begin_session(i % options_.flows, 1 + i / options_.flows);
    return fmt::format("{}", count);
  }

 private:
  std::uint16_t port_from(std::uint32_t i) const {
    return static_cast<std::uint16_t>(kFirstFrom + kEach * static_cast<unsigned>(options_.way) + i);
  }
  std::uint16_t port_to(std::uint32_t i) const {
    return static_cast<std::uint16_t>(kFirstTo + kEach * static_cast<unsigned>(options_.way) + i);
  }
  IpAddress receiver() const { return *options_.at_to.ip.plus(1); }

  void enlist(TestPeer& peer, const Socket& socket, const SocketAddress& at) const {
    socket.send_to(at, peer.initiate(*options_.key, 1));
    if (!peer.accept(socket.receive())) give_up("the relay refuses");
    socket.send_to(at, peer.keepalive());
  }

  static std::uint32_t index(std::uint32_t flow, std::uint32_t round) { return 1 + flow + round * 100'000; }

  void begin_session(std::uint32_t flow, std::uint32_t round) const {
    // What has come over two links may be read in another order: the receiver's registration may still be to come.
    for (int tries = 0; tries < 5; ++tries) {
      from_[flow].send(hollow_initiation(keys_[flow], index(flow, round)));
      if (to_[flow].has_some()) break;
    }
    static_cast<void>(to_[flow].receive());
    to_[flow].send_to(options_.at_to, response(index(flow, round), index(flow, round)));
    static_cast<void>(from_[flow].receive());
  }

  // SIZE bytes are what the one who gets them gets.
  std::vector<Bytes> packets_of(std::size_t size) const {
    std::vector<Bytes> out;
    for (std::uint32_t i = 0; i < options_.flows; ++i) {
      Bytes packet = data(index(i, 0), size);
      if (options_.way == Way::kTurn) {
        Bytes head;
        put16(head, kChannel);
        put16(head, static_cast<unsigned>(size));
        packet.insert(packet.begin(), head.begin(), head.end());
      }
      out.push_back(std::move(packet));
    }
    return out;
  }

  void burst(const std::vector<Bytes>& packets, std::size_t train, std::uint64_t& arrived, std::uint64_t& lost) {
    const std::size_t window = options_.way == Way::kTurn ? kTurnWindow : kMostWindow;
    const std::size_t flows = packets.size(), each = std::min(window, std::max(train, window / flows));
    for (std::size_t i = 0; i < window / each; ++i) send_many(from_[(at_ + i) % flows], packets[(at_ + i) % flows], each);
    for (std::size_t i = 0; i < window / each; ++i) {
      const std::size_t came = receive_many(to_[(at_ + i) % flows], each);
      arrived += came;
      lost += each - came;
    }
    at_ = (at_ + window / each) % flows;
  }

  static void send_many(const Socket& socket, const Bytes& bytes, std::size_t count) {
    std::array<mmsghdr, kMostWindow> messages{};
    iovec piece{.iov_base = const_cast<std::uint8_t*>(bytes.data()), .iov_len = bytes.size()};
    for (std::size_t i = 0; i < count; ++i) messages[i].msg_hdr.msg_iov = &piece, messages[i].msg_hdr.msg_iovlen = 1;
    for (std::size_t done = 0; done < count;) {
      const int now = ::sendmmsg(socket.fd(), &messages[done], static_cast<unsigned>(count - done), 0);
      must(now > 0, "send");
      done += static_cast<std::size_t>(now);
    }
  }

  std::size_t receive_many(const Socket& socket, std::size_t count) {
    std::array<mmsghdr, kMostWindow> messages{};
    iovec piece{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    for (std::size_t i = 0; i < count; ++i) messages[i].msg_hdr.msg_iov = &piece, messages[i].msg_hdr.msg_iovlen = 1;
    std::size_t done = 0;
    while (done < count) {
      const int now = ::recvmmsg(socket.fd(), &messages[done], static_cast<unsigned>(count - done), MSG_WAITFORONE, nullptr);
      if (now <= 0) break;
      done += static_cast<std::size_t>(now);
    }
    return done;
  }

  static std::uint64_t cpu_of(const std::vector<int>& pids) {
    std::uint64_t out = 0;
    for (const int pid : pids) {
      for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
        std::uint64_t spent = 0;
        std::ifstream(task.path() / "schedstat") >> spent;
        out += spent;
      }
    }
    return out;
  }

  Options options_;
  std::vector<Socket> from_, to_;
  std::vector<wg::PublicKey> keys_;  // the receivers'
  std::array<std::uint8_t, 2048> buffer_;
  std::size_t at_ = 0;
  std::uint32_t more_ = 0;
};

std::string obey(Load& load, std::istringstream words) {
  std::string what;
  std::uint32_t first = 0, second = 0, third = 0;
  words >> what >> first;
  if (what == "register") return load.enlist_more(first);
  if (what == "sessions") return load.sessions(first);
  words >> second >> third;
  if (what == "latency") return load.latency(first, second, std::chrono::milliseconds(third));
  if (what != "load") give_up("no such command: " + what);
  std::vector<int> pids;
  for (int pid = 0; words >> pid;) pids.push_back(pid);
  return load.load(first, second, std::chrono::milliseconds(third), pids);
}

SocketAddress address(const char* text) {
  const auto parsed = SocketAddress::parse(text);
  if (!parsed) give_up(parsed.error().message());
  return *parsed;
}

void run(int argc, char** argv) {
  const std::string_view way(argv[1]);
  Options options{.way = way == "relay"  ? Way::kRelay
                         : way == "turn" ? Way::kTurn
                         : way == "bare" ? Way::kBare
                                         : Way::kKernel,
                  .from = argv[2],
                  .to = argv[3],
                  .at = address(argv[4]),
                  .at_to = address(argv[5]),
                  .flows = static_cast<std::uint32_t>(std::atoi(argv[6])),
                  .key = {}};
  if (argc > 7) options.key = *wg::PublicKey::parse(argv[7]);
  Load load(options);
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) std::cout << obey(load, std::istringstream(line)) << std::endl;
}

}  // namespace
}  // namespace innernet::relay

int main(int argc, char** argv) {
  if (argc < 7) {
    fmt::print(stderr, "usage: relay_load relay|kernel|turn|bare FROM TO AT AT_TO FLOWS [KEY]\n");
    return 2;
  }
  try {
    innernet::relay::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "relay_load: {}\n", error.what());
    return 1;
  }
  return 0;
}
