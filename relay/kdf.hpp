#pragma once

#include "blake2s.hpp"
#include "innernet/base/secret.hpp"

namespace innernet::relay {

using Key = SecretBytes<32>;

/// The KDFs of WireGuard's white paper, 5.4: HKDF (RFC 5869) on HMAC-BLAKE2s, with as many outputs as are looked at.
struct Derived {
  Key first, second, third;
};

Derived derive(const Key& chaining_key, ByteView input);

}  // namespace innernet::relay
