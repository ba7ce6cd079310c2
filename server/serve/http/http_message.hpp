#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "innernet/base/clock.hpp"
#include "innernet/server/message.hpp"

namespace innernet::server {

// The text of HTTP/1.1 (RFC 9112), without sockets.

constexpr std::size_t kMaxHeadBytes = 8U << 10;
constexpr std::size_t kMaxBodyBytes = 16U << 10;
constexpr std::chrono::seconds kMaxWait{300};

/// How a request goes on behind its head.
struct RequestHead {
  std::size_t body_bytes = 0;  ///< to be read into Request::body; 0 for a body that is too large or of unknown length
  bool keep_alive = false;     ///< never when there is a body that nobody reads
  bool expects_continue = false;
};

/// Reads `head`, which ends with its empty line, into `request`, all of it but `source` and `body`. The strings of `request` are used
/// again, so that a connection that goes on allocates nothing. Failure is the status to answer with, before the connection is closed.
std::expected<RequestHead, unsigned> parse_request_head(std::string_view head, Request& request);

/// The head of an answer, up to and with its empty line. `date` is IMF-fixdate (RFC 9110, 5.6.7).
void append_response_head(std::string& out, const Response& response, bool keep_alive, std::string_view date);

/// What an answer may have as its body: none for 204 and 304.
bool may_have_body(unsigned status);

std::string http_date(WallTime time);

}  // namespace innernet::server
