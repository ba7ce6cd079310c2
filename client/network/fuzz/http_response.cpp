// The bytes of an answer: head, then a chunked body that must read the same whole and byte by byte.
#include "../http_response.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet::client;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find("\r\n\r\n");
  const auto head_size = end == std::string::npos ? 0 : end + 4;
  static_cast<void>(parse_response_head(text.substr(0, head_size)));

  std::string whole = text.substr(head_size);
  ChunkedBody at_once;
  std::string body;
  const bool fine = at_once.feed(whole, body).has_value();

  ChunkedBody by_byte;
  std::string input;
  std::string same_body;
  bool same = true;
  for (std::size_t i = head_size; same && i < size; ++i) {
    input += text[i];
    same = by_byte.feed(input, same_body).has_value();
  }
  if (fine && (!same || body != same_body || at_once.done() != by_byte.done())) std::abort();
  return 0;
}
