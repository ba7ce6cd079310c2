#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http_response.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/base/unique_fd.hpp"
#include "innernet/client/rest_client.hpp"
#include "wait.hpp"

namespace innernet::client {

struct HttpRequest {
  std::string_view method;
  std::string_view target;
  std::string fields;  ///< whole lines with CRLF
  std::string_view body;
  std::chrono::milliseconds extra_patience{0};  ///< for the first byte of the answer, and in all
  bool notices_death = false;                   ///< see StateQuery
  int interrupt_fd = -1;
};

struct HttpResponse {
  ResponseHead head;
  std::string body;
  BootTime began{};  ///< to arrive, with all of its head
};

/// One connection to one server, through one interface if one is given, made when needed and kept alive.
class HttpConnection {
 public:
  HttpConnection(const SocketAddress& server, const std::optional<InterfaceName>& interface, const Stop* stop, RequestTimes times)
      : server_(server), interface_(interface), stop_(stop), times_(times) {}

  /// Any whole response. Errors never have a status. A request on a kept connection that turns out to be dead is repeated on a new one,
  /// except for POST, which is not idempotent.
  Answer<HttpResponse> exchange(const HttpRequest& request);

  const SocketAddress& server() const { return server_; }
  bool last_request_was_sent() const { return sent_; }
  void disconnect() { socket_.reset(); }
  /// While it is readable no exchange begins, and none goes on (kInterrupted).
  void interrupt_by(int fd) { interrupt_fd_ = fd; }

 private:
  Answer<void> connect();
  Answer<void> send(std::string_view text);
  Answer<HttpResponse> receive(const HttpRequest& request);
  /// Appends at least a byte; false at the end of the stream.
  Answer<bool> receive_some(std::string& out, std::chrono::milliseconds patience, int interrupt_fd = -1);
  /// A large answer comes in small packets: not one system call and one change of context for each.
  void wake_at(std::size_t bytes);
  Answer<void> wait_for(short events, std::chrono::milliseconds patience, std::string_view what, int interrupt_fd = -1);
  bool is_stale() const;
  RequestError unreachable(std::string why) const;

  SocketAddress server_;
  std::optional<InterfaceName> interface_;
  const Stop* stop_;
  RequestTimes times_;
  int interrupt_fd_ = -1;
  UniqueFd socket_;
  BootTime end_{};  // of this exchange
  bool sent_ = false;
  bool answer_began_ = false;
  bool notices_death_ = false;  // the socket
  bool is_other_end_dead_ = false;
};

}  // namespace innernet::client
