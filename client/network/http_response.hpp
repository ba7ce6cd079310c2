#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"

namespace innernet::client {

constexpr std::size_t kMaxHeadSize = 64U << 10;
constexpr std::size_t kMaxBodySize = 256U << 20;

/// What we need of the start of an HTTP/1.1 response (RFC 9112).
struct ResponseHead {
  int status = 0;
  std::string reason;
  std::optional<std::size_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  std::string etag;
  std::optional<std::chrono::seconds> retry_after;  ///< Retry-After, where it is a number of seconds
  std::optional<WallTime> date;                     ///< when it left, by the server's clock
  std::string location;                             ///< as it is written: nobody here follows it
  std::string instance_manipulation;                ///< IM of RFC 3229, lower case

  /// 1xx, 204 and 304 never have one.
  bool has_body() const { return status >= 200 && status != 204 && status != 304; }
};

/// `text` is everything up to and with the empty line. Fails with kInvalidInput.
Result<ResponseHead> parse_response_head(std::string_view text);

/// A chunked body (RFC 9112, 7.1), in pieces as they arrive.
class ChunkedBody {
 public:
  /// Takes what it understands off the front of `input` and appends content to `out`; what is left needs more behind it.
  /// Fails with kInvalidInput when it is none, or when `out` would grow beyond kMaxBodySize.
  Result<void> feed(std::string& input, std::string& out);
  bool done() const { return state_ == State::kDone; }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone };

  State state_ = State::kSize;
  std::size_t left_ = 0;
};

}  // namespace innernet::client
