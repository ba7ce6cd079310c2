#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "innernet/base/ip.hpp"
#include "innernet/client/stop.hpp"

namespace innernet::client::testing {

struct Request {
  std::string method;
  std::string target;
  std::string head;  ///< request line and fields
  std::string body;

  bool has(std::string_view field) const { return head.find(field) != std::string::npos; }
};

/// The bytes of an answer, and what becomes of the connection after them.
struct Reply {
  enum class Then { kKeep, kClose, kReset, kHang, kDrip };  // kDrip: a space now and then, for ever
  std::string bytes;
  Then then = Then::kKeep;
};

inline Reply answer(int status, std::string_view body = {}, std::string_view fields = {}) {
  return {.bytes = fmt::format("HTTP/1.1 {} Words\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), fields,
                               status == 304 ? std::string_view() : body)};
}

/// An HTTP server on 127.0.0.1 that answers what the test says, a thread a connection.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::function<Reply(const Request&)> handler) : handler_(std::move(handler)), stop_(*Stop::create()) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 64);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer() {
    stop_.request();
    acceptor_.join();
    for (Connection& connection : connections_) connection.thread.join();
  }

  SocketAddress address() const { return {*IpAddress::parse("127.0.0.1"), port_}; }
  std::vector<Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  void forget_requests() {
    const std::lock_guard lock(mutex_);
    requests_.clear();
  }
  std::size_t count(std::string_view method, std::string_view target) {
    std::size_t n = 0;
    for (const Request& request : requests())
      if (request.method == method && request.target == target) ++n;
    return n;
  }
  std::size_t connections() {
    const std::lock_guard lock(mutex_);
    return accepted_;
  }

 private:
  struct Connection {
    std::thread thread;
    std::atomic<bool> has_ended = false;
  };

  bool wait(int fd) {
    pollfd fds[] = {{.fd = fd, .events = POLLIN, .revents = 0}, {.fd = stop_.fd(), .events = POLLIN, .revents = 0}};
    while (::poll(fds, 2, -1) < 0) {
    }
    return fds[1].revents == 0;
  }

  bool drip(int fd) {
    constexpr int kPause = 20;  // milliseconds
    pollfd fds[] = {{.fd = fd, .events = POLLRDHUP, .revents = 0}, {.fd = stop_.fd(), .events = POLLIN, .revents = 0}};
    return ::poll(fds, 2, kPause) == 0 && ::send(fd, " ", 1, MSG_NOSIGNAL) == 1;
  }

  void accept() {
    while (wait(listener_.get())) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      {
        const std::lock_guard lock(mutex_);
        ++accepted_;
      }
      connections_.remove_if([](Connection& connection) {
        if (connection.has_ended) connection.thread.join();
        return !connection.thread.joinable();
      });
      Connection& connection = connections_.emplace_back();
      connection.thread = std::thread([this, &connection, fd] {
        serve(UniqueFd(fd));
        connection.has_ended = true;
      });
    }
  }

  void serve(UniqueFd fd) {
    std::string input;
    for (;;) {
      Request request;
      if (!read_request(fd.get(), input, request)) return;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const Reply reply = handler_(request);
      for (std::size_t sent = 0; sent < reply.bytes.size();) {
        const ssize_t n = ::send(fd.get(), reply.bytes.data() + sent, reply.bytes.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return;
        sent += static_cast<std::size_t>(n);
      }
      if (reply.then == Reply::Then::kClose) return;
      if (reply.then == Reply::Then::kReset) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return;
      }
      if (reply.then == Reply::Then::kDrip) {
        while (drip(fd.get())) {
        }
        return;
      }
      if (reply.then == Reply::Then::kHang) {
        char ignored = 0;
        while (wait(fd.get()) && ::recv(fd.get(), &ignored, 1, 0) > 0) {
        }
        return;
      }
    }
  }

  bool read_request(int fd, std::string& input, Request& request) {
    std::size_t wanted = std::string::npos;
    for (;;) {
      const auto end = input.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto length = input.find("Content-Length: ");
        wanted = end + 4 + (length < end ? std::stoul(input.substr(length + 16)) : 0);
        if (input.size() >= wanted) {
          request.head = input.substr(0, end + 2);
          request.body = input.substr(end + 4, wanted - end - 4);
          input.erase(0, wanted);
          const auto space = request.head.find(' ');
          request.method = request.head.substr(0, space);
          request.target = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
          return true;
        }
      }
      char piece[4096];
      if (!wait(fd)) return false;
      const ssize_t n = ::recv(fd, piece, sizeof piece, 0);
      if (n <= 0) return false;
      input.append(piece, static_cast<std::size_t>(n));
    }
  }

  std::function<Reply(const Request&)> handler_;
  Stop stop_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<Request> requests_;
  std::size_t accepted_ = 0;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

}  // namespace innernet::client::testing
