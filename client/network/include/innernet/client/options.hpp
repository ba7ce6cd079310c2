#pragma once

#include <vector>

#include "innernet/base/ip.hpp"
#include "innernet/values/options.hpp"

namespace innernet::client {

struct NatOptions {
  bool no_traversal = false;
  bool no_candidates = false;             ///< report an empty list
  std::vector<IpNet> exclude_candidates;  ///< addresses in one of these are not reported
  bool no_port_mapping = false;           ///< the daemon asks no router for a port
};

/// What install, fetch and up are told on the command line. Where a command lacks an option, its default holds.
struct ClientOptions {
  Folders folders = Folders::of_client();
  NetworkOptions network;
  HostsOptions hosts;
  NatOptions nat;
};

}  // namespace innernet::client
