// The head of a request: whatever bytes a peer sends, what is taken from them stays within the limits that the server relies on.
#include <cstdlib>

#include "http/http_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet::server;
  Request request;
  const auto head = parse_request_head(std::string_view(reinterpret_cast<const char*>(data), size), request);
  if (!head) return head.error() == 400 || head.error() == 431 ? 0 : (std::abort(), 0);
  if (head->body_bytes > kMaxBodyBytes) std::abort();
  if (head->body_bytes > 0 && request.body_kind != Request::Body::kWhole) std::abort();
  if (request.body_kind == Request::Body::kTooLarge && head->keep_alive) std::abort();
  if (request.wait && (request.wait->count() <= 0 || *request.wait > kMaxWait)) std::abort();
  return 0;
}
