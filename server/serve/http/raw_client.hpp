#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "innernet/base/unique_fd.hpp"

namespace innernet::server::testing {

/// A client made of bytes.
class RawClient {
 public:
  /// From `source`, if given: all of 127.0.0.0/8 is ours.
  explicit RawClient(std::uint16_t port, const char* source = nullptr) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    if (source != nullptr) {
      address.sin_family = AF_INET;
      if (::inet_pton(AF_INET, source, &address.sin_addr) != 1 ||
          ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("bind failed");
    }
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("connect failed");
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  int fd() const { return fd_.get(); }

  /// Everything until the server closes.
  std::string read_to_end() {
    std::string out = std::exchange(rest_, {});
    while (receive(out)) {
    }
    return out;
  }
  /// One answer; empty when the server has closed instead.
  std::string read_answer() {
    std::string& text = rest_;
    for (;;) {
      if (const std::size_t end = text.find("\r\n\r\n"); end != std::string::npos) {
        std::size_t size = end + 4;
        if (const std::size_t length = text.find("Content-Length: "); length < end) size += std::stoul(text.substr(length + 16));
        if (text.size() >= size) {
          std::string answer = text.substr(0, size);
          text.erase(0, size);
          return answer;
        }
      }
      if (!receive(text)) return {};
    }
  }

 private:
  bool receive(std::string& into) {
    char buffer[65536];
    pollfd ready{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    // Only a test that fails waits so long.
    if (::poll(&ready, 1, 20'000) <= 0) throw std::runtime_error("no answer");
    const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    into.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  UniqueFd fd_;
  std::string rest_;
};

inline std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

}  // namespace innernet::server::testing
