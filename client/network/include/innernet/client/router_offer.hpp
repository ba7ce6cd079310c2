#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "innernet/base/ip.hpp"
#include "innernet/client/stop.hpp"

namespace innernet::client {

/// What the router of this machine offers to those who want a port of it. Nothing is mapped.
struct RouterOffer {
  std::optional<IpAddress> router{};          ///< none: there is no router towards the internet, and nobody was asked
  std::vector<std::string_view> protocols{};  ///< PCP, NAT-PMP, UPnP: by which it maps ports; empty: by none
  std::optional<IpAddress> outside{};         ///< its address outside, where it says so
  bool is_behind_another = false;             ///< that one is private: a port of this router helps nobody
};

/// Asks the router for IPv4; takes up to four seconds where it does not answer. `stop` may be null.
RouterOffer ask_router(const Stop* stop);

}  // namespace innernet::client
