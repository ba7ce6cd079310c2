// Keys as people type them.
#include <cstdlib>
#include <string_view>

#include "innernet/wireguard/key.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto key = wg::PublicKey::parse(text); key && key->to_base64() != text) std::abort();
  if (const auto key = wg::PrivateKey::parse(text); key && key->to_base64().reveal() != text) std::abort();
  if (const auto key = wg::PublicKey::parse_hex(text); key && wg::PublicKey::parse_hex(key->to_hex()) != *key) std::abort();
  return 0;
}
