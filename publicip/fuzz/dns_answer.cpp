// The first two bytes are the id that was asked for, the third chooses the family, the rest is the answer. An address
// that comes out is one of the family.
#include <cstdint>
#include <cstdlib>

#include "innernet/publicip/publicip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet;
  if (size < 3) return 0;
  const auto id = static_cast<std::uint16_t>(data[0] << 8 | data[1]);
  const auto family = (data[2] & 1) == 0 ? publicip::Family::kIpv4 : publicip::Family::kIpv6;
  const auto address = publicip::decode_answer(std::span(data, size).subspan(3), id, family);
  if (address && address->is_v6() != (family == publicip::Family::kIpv6)) std::abort();
  return 0;
}
