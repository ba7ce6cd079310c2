#pragma once

#include <cstdint>

namespace innernet {

// Database ids, signed 64-bit as in SQLite. Types of their own, so that no peer is looked up by a CIDR's id.
enum class PeerId : std::int64_t {};
enum class CidrId : std::int64_t {};
enum class AssociationId : std::int64_t {};

template <class Id>
constexpr std::int64_t number(Id id) {
  return static_cast<std::int64_t>(id);
}

/// The coordination server itself.
constexpr PeerId kServerPeer{1};
/// The whole network.
constexpr CidrId kRootCidr{1};
/// The server's own /32 or /128.
constexpr CidrId kServerCidr{2};

}  // namespace innernet
