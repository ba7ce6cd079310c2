#include "innernet/config/config.hpp"

#include <fmt/format.h>

#include <limits>

#include "innernet/base/file.hpp"
#include "innernet/values/hostname.hpp"
#include "toml_reader.hpp"
#include "toml_writer.hpp"

namespace innernet {
namespace {

constexpr std::size_t kLargestFile = 4U << 20;  // some 60,000 endpoint overrides
constexpr std::int64_t kHighestPort = std::numeric_limits<std::uint16_t>::max();
constexpr std::string_view kOverrides = "peer-endpoint-overrides";

// A string of the document through the parser of its type; the error says which key it was.
template <class Parse>
auto parsed(const TomlDocument& toml, std::string_view table, std::string_view key, Parse parse) -> decltype(parse(std::string_view())) {
  TRY(const std::string text, toml.string(table, key));
  auto value = parse(text);
  if (!value) return std::unexpected(toml.at(table, key, std::move(value).error()));
  return value;
}

Result<wg::PrivateKey> private_key(const TomlDocument& toml, std::string_view table) {
  TRY(const SecretText text, toml.secret(table, "private-key"));
  auto key = wg::PrivateKey::parse(text.reveal());
  if (!key) return std::unexpected(toml.at(table, "private-key", std::move(key).error()));
  return key;
}

Result<SocketAddress> socket_address(std::string_view text) {
  TRY(const Endpoint endpoint, Endpoint::parse(text));
  const auto* ip = std::get_if<IpAddress>(&endpoint.host());
  if (ip == nullptr) return invalid_input(fmt::format("{} has a name where an address must be", quoted(text)));
  return SocketAddress{*ip, endpoint.port()};
}

Result<std::map<IpAddress, Endpoint>> overrides(const TomlDocument& toml) {
  std::map<IpAddress, Endpoint> out;
  TRY(const auto entries, toml.strings(kOverrides));
  for (const auto& [key, value] : entries) {
    TRY_CONTEXT(const auto ip, IpAddress::parse(key), kOverrides);
    auto endpoint = Endpoint::parse(value);
    if (!endpoint) return std::unexpected(toml.at(kOverrides, key, std::move(endpoint).error()));
    out.insert_or_assign(ip, *std::move(endpoint));
  }
  return out;
}

constexpr std::size_t kUsualSize = 2048;  // bytes, without overrides

void append(WipedString& out, const InterfaceConfig& config) {
  TomlWriter toml(out);
  toml.table("interface");
  toml.string("network-name", config.network_name);
  toml.string("address", config.address.to_string());
  toml.string("private-key", config.private_key.to_base64().reveal());
  if (config.listen_port && *config.listen_port != 0) toml.integer("listen-port", *config.listen_port);
  toml.table("server");
  toml.string("public-key", config.server_public_key.to_base64());
  toml.string("external-endpoint", config.server_external_endpoint.to_string());
  toml.string("internal-endpoint", config.server_internal_endpoint.to_string());
  if (config.peer_endpoint_overrides.empty()) return;
  toml.table(kOverrides);
  for (const auto& [ip, endpoint] : config.peer_endpoint_overrides) toml.string_with_quoted_key(ip.to_string(), endpoint.to_string());
}

template <class Config>
Result<Config> read_config(const std::filesystem::path& path, std::string_view doing) {
  TRY_CONTEXT(const SecretText text, read_secret_file(path, kLargestFile), doing);
  auto config = Config::parse(text.reveal());
  if (!config) return std::unexpected(std::move(config).error().context(path.string()).context(doing));
  return config;
}

}  // namespace

Result<InterfaceConfig> InterfaceConfig::parse(std::string_view toml) {
  TRY(const auto document, TomlDocument::parse(toml));
  TRY(auto network_name, document.string("interface", "network-name"));
  TRY(const auto address, parsed(document, "interface", "address", IpNet::parse));
  TRY(auto key, innernet::private_key(document, "interface"));
  std::optional<std::uint16_t> port;
  if (document.has("interface", "listen-port")) {
    TRY(const auto number, document.integer("interface", "listen-port", 0, kHighestPort));
    if (number != 0) port = static_cast<std::uint16_t>(number);
  }
  TRY(const auto server_key, parsed(document, "server", "public-key", wg::PublicKey::parse));
  TRY(auto external, parsed(document, "server", "external-endpoint", Endpoint::parse));
  TRY(const auto internal, parsed(document, "server", "internal-endpoint", socket_address));
  TRY(auto peer_overrides, overrides(document));
  return InterfaceConfig{.network_name = std::move(network_name),
                         .address = address,
                         .private_key = std::move(key),
                         .listen_port = port,
                         .server_public_key = server_key,
                         .server_external_endpoint = std::move(external),
                         .server_internal_endpoint = internal,
                         .peer_endpoint_overrides = std::move(peer_overrides)};
}

SecretText InterfaceConfig::to_toml() const {
  SecretText text;
  text.edit().reserve(kUsualSize);
  append(text.edit(), *this);
  return text;
}

SecretText InterfaceConfig::to_invitation() const {
  SecretText text;
  WipedString& out = text.edit();
  out.reserve(kUsualSize);
  out.append("# An invitation to the private network ").append(quoted(network_name)).append(".\n");
  out +=
      "# It admits one machine, once. Whoever holds this file can use it, so pass it on over a channel that you trust.\n"
      "#\n"
      "# On the machine that is to join, with innernet installed, as root:\n"
      "#\n"
      "#     innernet install FILE\n"
      "#\n"
      "# The key below is only for that moment: the machine then makes a key of its own, which never leaves it.\n"
      "\n";
  append(out, *this);
  return text;
}

Result<InterfaceConfig> InterfaceConfig::read(const std::filesystem::path& path) {
  return read_config<InterfaceConfig>(path, "reading interface config");
}

Result<ServerConfig> ServerConfig::parse(std::string_view toml) {
  TRY(const auto document, TomlDocument::parse(toml));
  TRY(auto key, innernet::private_key(document, ""));
  TRY(const auto port, document.integer("", "listen-port", 0, kHighestPort));
  TRY(const auto address, parsed(document, "", "address", IpAddress::parse));
  TRY(const auto prefix, document.integer("", "network-cidr-prefix", 0, address.bits()));
  std::optional<DatabaseUrl> url;
  if (document.has("database", "url")) {
    TRY(url, parsed(document, "database", "url", DatabaseUrl::parse));
  }
  std::string network_name;
  if (document.has("", "network-name")) {
    TRY(const auto name, parsed(document, "", "network-name", InterfaceName::parse));
    network_name = name.str();
  }
  std::string server_name;
  if (document.has("database", "server")) {
    TRY(const auto name, parsed(document, "database", "server", Hostname::parse));
    server_name = name.str();
  }
  return ServerConfig{.private_key = std::move(key),
                      .listen_port = static_cast<std::uint16_t>(port),
                      .address = address,
                      .network_cidr_prefix = static_cast<std::uint8_t>(prefix),
                      .database_url = std::move(url),
                      .network_name = std::move(network_name),
                      .server_name = std::move(server_name)};
}

SecretText ServerConfig::to_toml() const {
  SecretText text;
  text.edit().reserve(kUsualSize);
  TomlWriter toml(text.edit());
  if (!network_name.empty()) toml.string("network-name", network_name);
  toml.string("private-key", private_key.to_base64().reveal());
  toml.integer("listen-port", listen_port);
  toml.string("address", address.to_string());
  toml.integer("network-cidr-prefix", network_cidr_prefix);
  if (database_url) {
    toml.table("database");
    toml.string("url", database_url->str());
    if (!server_name.empty()) toml.string("server", server_name);
  }
  return text;
}

Result<ServerConfig> ServerConfig::read(const std::filesystem::path& path) {
  return read_config<ServerConfig>(path, "reading server config");
}

std::set<std::uint16_t> listen_ports_of_clients(const Folders& folders, const std::vector<InterfaceName>& names) {
  std::set<std::uint16_t> ports;
  for (const InterfaceName& name : names)
    if (const auto config = InterfaceConfig::read(folders.config_file(name)); config && config->listen_port)
      ports.insert(*config->listen_port);
  return ports;
}

std::set<std::uint16_t> listen_ports_of_servers(const Folders& folders, const std::vector<InterfaceName>& names) {
  std::set<std::uint16_t> ports;
  for (const InterfaceName& name : names)
    if (const auto config = ServerConfig::read(folders.config_file(name))) ports.insert(config->listen_port);
  return ports;
}

}  // namespace innernet
