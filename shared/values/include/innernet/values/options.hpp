#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "innernet/wireguard/backend.hpp"

namespace innernet {

/// How interfaces are made, of both programs.
struct NetworkOptions {
  std::optional<wg::BackendKind> backend;  ///< none: choose
  bool no_routing = false;
  std::uint32_t mtu = 1280;  ///< bytes; 1420 lets handshakes pass and stalls bulk traffic on many paths
};

struct HostsOptions {
  std::filesystem::path path = "/etc/hosts";
  bool write = true;
  std::optional<std::string> suffix;  ///< none: `NETWORK.wg`; empty: no suffix at all

  /// The host name of a peer in the hosts file: `alice.evilcorp.wg`, `alice.SUFFIX` or `alice`.
  std::string host_name(const std::string& peer, const std::string& interface) const;
};

/// The two folders of a program and the files of a network in them.
struct Folders {
  std::filesystem::path config;
  std::filesystem::path data;

  static Folders of_client() { return {"/etc/innernet", "/var/lib/innernet"}; }
  static Folders of_server() { return {"/etc/innernet-server", "/var/lib/innernet-server"}; }

  std::filesystem::path config_file(const InterfaceName& name) const { return config / (name.str() + ".conf"); }
  std::filesystem::path data_store(const InterfaceName& name) const { return data / (name.str() + ".json"); }
  std::filesystem::path database(const InterfaceName& name) const { return data / (name.str() + ".db"); }
  std::filesystem::path lock_file(const InterfaceName& name) const { return data / (name.str() + ".lock"); }
};

}  // namespace innernet
