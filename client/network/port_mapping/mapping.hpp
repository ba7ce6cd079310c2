#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "innernet/base/ip.hpp"
#include "innernet/client/mapping_report.hpp"

namespace innernet::client {

/// What a router is asked for. The protocol of the port is UDP, always.
struct MappingRequest {
  std::uint16_t port = 0;          ///< of this machine
  std::uint16_t outside_port = 0;  ///< that we would like; the router chooses
  std::chrono::seconds lifetime{};

  friend bool operator==(const MappingRequest&, const MappingRequest&) = default;
};

/// What it has given.
struct MappingGrant {
  SocketAddress outside;
  std::chrono::seconds lifetime{};
  std::optional<std::uint32_t> epoch{};  ///< seconds since the router lost its mappings, where it says so

  friend bool operator==(const MappingGrant&, const MappingGrant&) = default;
};

/// What a router says about itself, unasked, when it has started anew or got another address: to 224.0.0.1:5350.
struct RouterAnnouncement {
  std::uint32_t epoch = 0;
  std::optional<IpAddress> outside{};

  friend bool operator==(const RouterAnnouncement&, const RouterAnnouncement&) = default;
};

}  // namespace innernet::client
