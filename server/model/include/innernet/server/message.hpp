#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "innernet/base/ip.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::server {

/// A request as the API sees it: no socket, only what it may depend on.
struct Request {
  enum class Body {
    kWhole,     ///< `body` is what Content-Length announced
    kNoLength,  ///< no Content-Length, or chunked
    kTooLarge,  ///< more than 16 KiB were announced; `body` is empty
  };

  std::string method;
  std::string target;                     ///< as on the request line, query string included
  IpAddress source;                       ///< of the TCP connection; no proxy header is ever looked at
  std::optional<std::string> server_key;  ///< X-Innernet-Server-Key
  std::optional<std::string> if_none_match;
  std::optional<std::chrono::seconds> wait;  ///< Prefer: wait=SECONDS, at most 300; none when it is not asked for or its time is up
  bool accepts_delta = false;                ///< A-IM: innernet
  Body body_kind = Body::kNoLength;
  std::string body;
  std::uint64_t ticket = 0;  ///< not asked: of this request alone, so that it is known when it comes again (Coordinator::Storing)
};

/// A redeemed peer's old and new key: the device changes from one to the other once the client has the 204.
struct KeyChange {
  wg::PublicKey old_key;
  wg::PublicKey new_key;
};

struct Response {
  unsigned status = 200;
  std::shared_ptr<const std::string> body;   ///< JSON; null: none
  std::string etag;                          ///< with its quotes; empty: none
  bool is_delta = false;                     ///< 226, `IM: innernet`
  std::optional<KeyChange> key_change = {};  ///< to carry out when this answer is acknowledged, its connection closes, or 5 s have passed
  std::optional<std::chrono::seconds> retry_after = {};  ///< of a 429 or 503
};

}  // namespace innernet::server
