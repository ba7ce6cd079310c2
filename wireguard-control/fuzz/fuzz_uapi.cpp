// The answers of a userspace implementation.
#include <cstdlib>
#include <string_view>

#include "uapi.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet;
  static const InterfaceName name = *InterfaceName::parse("wg0");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(wg::decode_uapi_set(text));
  const auto device = wg::decode_uapi_get(name, text);
  if (device && !wg::is_whole_uapi_answer(text)) std::abort();

  wg::UapiGetReader pieces(name);
  const auto taken = pieces.take(text.substr(0, size / 2));
  const bool is_taken = taken && pieces.take(text.substr(*taken));
  const auto in_pieces = std::move(pieces).finish();
  if (device.has_value() != (is_taken && in_pieces)) std::abort();
  return 0;
}
