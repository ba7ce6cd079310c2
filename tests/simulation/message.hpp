#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "innernet/base/ip.hpp"

namespace innernet::simulation {

/// Of a WireGuard key: who can open what is made for it.
using Identity = std::uint32_t;

/// What is in the tunnel: what it does when it is received; none: a keepalive.
using Payload = std::shared_ptr<const std::function<void()>>;

/// As much of a WireGuard message as is acted upon. What stands for something encrypted is read by who could decrypt it alone.
struct Message {
  enum class Type { kInitiation, kResponse, kData };
  Type type = Type::kData;
  std::uint32_t sender = 0, receiver = 0;  ///< indices
  Identity responder = 0;                  ///< an initiation: whose key its mac1 is made with
  Identity initiator = 0;                  ///< encrypted
  std::uint64_t timestamp = 0;             ///< encrypted
  std::uint64_t session = 0;               ///< a response, data: what it is encrypted with
  Payload payload{};                       ///< encrypted
};

struct Packet {
  SocketAddress from, to;
  Message message;
};

}  // namespace innernet::simulation
