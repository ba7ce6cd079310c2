#pragma once

#include <fmt/format.h>

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "innernet/testing/loopback_server.hpp"

namespace innernet::client {

/// A server on loopback with prepared answers, by request line (`GET /v1/admin/peers`); what has none gets 404. Of several each is given
/// once, and the last one from then on.
class ScriptedServer {
 public:
  struct Prepared {
    int status = 200;
    std::string body;
    bool hang_up = false;  ///< close instead of answering
  };

  SocketAddress address() const { return server_.address(); }

  void answer(const std::string& request_line, Prepared prepared) { answer_in_turn(request_line, {std::move(prepared)}); }
  void answer_in_turn(const std::string& request_line, std::deque<Prepared> prepared) {
    const std::lock_guard guard(mutex_);
    prepared_[request_line] = std::move(prepared);
  }

  std::size_t requests() { return server_.requests().size(); }

  /// `METHOD PATH BODY` of each request that changes something, in order.
  std::vector<std::string> changes() {
    std::vector<std::string> out;
    for (const testing::Request& request : server_.requests())
      if (request.method != "GET") out.push_back(fmt::format("{} {} {}", request.method, request.target, request.body));
    return out;
  }

 private:
  testing::Reply reply(const testing::Request& request) {
    const std::lock_guard guard(mutex_);
    const auto found = prepared_.find(fmt::format("{} {}", request.method, request.target));
    if (found == prepared_.end()) return testing::answer(404);
    const Prepared prepared = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    if (prepared.hang_up) return {.bytes = {}, .then = testing::Reply::Then::kClose};
    if (prepared.status == 204) return {.bytes = "HTTP/1.1 204 No Content\r\n\r\n"};
    return testing::answer(prepared.status, prepared.body, "Content-Type: application/json\r\n");
  }

  std::mutex mutex_;
  std::map<std::string, std::deque<Prepared>> prepared_;
  testing::LoopbackServer server_{[this](const testing::Request& request) { return reply(request); }};
};

}  // namespace innernet::client
