#pragma once

#include <chrono>
#include <optional>
#include <span>

#include "innernet/base/ip.hpp"
#include "innernet/client/stop.hpp"

namespace innernet::client {

/// The address of this machine from which packets go there; none: it has no route. Nothing is sent.
std::optional<IpAddress> source_towards(const SocketAddress& to);

struct Reach {
  bool answers_tcp = false;  ///< it takes a connection, or refuses one
  bool refuses_udp = false;  ///< the port is closed, as it says, or somebody on the way
};
/// What machines that send nothing back of their own say to who knocks, at a port of both protocols each: any of them.
Reach knock(std::span<const SocketAddress> at, std::chrono::milliseconds within, const Stop* stop);

}  // namespace innernet::client
