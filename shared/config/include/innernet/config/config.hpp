#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/ip.hpp"
#include "innernet/base/secret.hpp"
#include "innernet/config/database_url.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/options.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet {

/// A client's NAME.conf, and an invitation: one format. The network's name stays as invited; the file's name is the interface.
struct InterfaceConfig {
  std::string network_name;
  IpNet address;  ///< the peer's address with the root CIDR's prefix length
  wg::PrivateKey private_key;
  std::optional<std::uint16_t> listen_port;  ///< none: a random one
  wg::PublicKey server_public_key;
  Endpoint server_external_endpoint;
  SocketAddress server_internal_endpoint;
  std::map<IpAddress, Endpoint> peer_endpoint_overrides;

  /// Fails with kInvalidInput and a message that names the key (never its value, if that is a secret) and the line where known.
  static Result<InterfaceConfig> parse(std::string_view toml);
  /// In the order and quoting of the Rust programs. Port 0 counts as none.
  SecretText to_toml() const;
  /// to_toml() behind comment lines that say what it is and how to use it.
  SecretText to_invitation() const;

  /// Errors name the path. A file that others can read or write is the caller's to warn about (access_of_others).
  static Result<InterfaceConfig> read(const std::filesystem::path& path);
};

/// The server's NAME.conf.
struct ServerConfig {
  wg::PrivateKey private_key;
  std::uint16_t listen_port = 0;
  IpAddress address;
  std::uint8_t network_cidr_prefix = 0;
  std::optional<DatabaseUrl> database_url = {};  ///< [database] url; none: the file of SQLite's beside the others
  std::string network_name = {};                 ///< only in a file for `join`; else the file's name says it
  std::string server_name = {};                  ///< [database] server: which of several servers of the network it is; empty: the first

  static Result<ServerConfig> parse(std::string_view toml);
  SecretText to_toml() const;
  static Result<ServerConfig> read(const std::filesystem::path& path);

  /// The server's address with the network's prefix length.
  Result<IpNet> net() const { return IpNet::make(address, network_cidr_prefix); }
};

/// The listen ports of these configs, as far as they can be read.
std::set<std::uint16_t> listen_ports_of_clients(const Folders& folders, const std::vector<InterfaceName>& names);
std::set<std::uint16_t> listen_ports_of_servers(const Folders& folders, const std::vector<InterfaceName>& names);

}  // namespace innernet
