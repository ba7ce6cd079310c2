#include <fmt/format.h>

#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/config/config.hpp"
#include "innernet/machine/network_stack.hpp"
#include "innernet/relay/ports.hpp"
#include "innernet/server/network_databases.hpp"
#include "innernet/server/relay_port.hpp"
#include "innernet/values/network_range.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

struct Options {
  std::optional<std::string> network_name;
  std::optional<IpNet> network_cidr;
  std::optional<Endpoint> external_endpoint;
  bool auto_external_endpoint = false;
  std::optional<std::uint16_t> listen_port;
  std::optional<DatabaseUrl> database;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "It gets a config with a new key and a database with two CIDRs, its own and the server's, which has the first address. A network "
      "that exists is never touched.");
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  definition.option(0, "network-name", "NAME", into_text(options.network_name), "The network's name, which its interfaces get, too");
  definition.option(0, "network-cidr", "CIDR", into(options.network_cidr, IpNet::parse), "All addresses of the network, like 10.42.0.0/16");
  definition.option(0, "external-endpoint", "HOST:PORT", into(options.external_endpoint, Endpoint::parse), "Where peers reach this server");
  definition.flag(0, "auto-external-endpoint", options.auto_external_endpoint, "Ask a DNS resolver for this machine's public address");
  definition.option(0, "listen-port", "N", into_number(options.listen_port, 1, 65535),
                    "UDP port of WireGuard and TCP port of the API (usually 51820)");
  definition.explain(
      "The database is a file of SQLite's, unless --database names an empty one of a PostgreSQL server, without a password in the URL. "
      "move-database changes that later.");
  definition.option(0, "database", "URL", into(options.database, DatabaseUrl::parse),
                    "A PostgreSQL database that is there, for the network");
  definition.conflict("external-endpoint", "auto-external-endpoint");
}

constexpr std::uint16_t kUsualPort = 51820;  // in WireGuard's own documents
constexpr std::string_view kServerCidrName = "innernet-server";

Result<InterfaceName> check_network_name(const std::string& text) {
  TRY(const auto hostname, Hostname::parse(text));
  if (hostname.str() == kServerCidrName)
    return invalid_input(fmt::format("a network can't be named {}: that is the name of the server's own CIDR", quoted(text)));
  return InterfaceName::parse(text);
}

Result<void> check_external_endpoint(const Endpoint& endpoint) {
  if (endpoint.is_unspecified() || endpoint.port() == 0)
    return invalid_input(
        fmt::format("peers can't reach the server at {}: give an address or a domain name and the UDP port that it is reached at",
                    endpoint.to_string()));
  return {};
}

Result<Endpoint> external_endpoint(Context& context, const Options& options, std::uint16_t listen_port) {
  if (options.external_endpoint) return *options.external_endpoint;
  if (!options.auto_external_endpoint)
    return wizard::ask_external_endpoint(context.asker, "--external-endpoint HOST:PORT or --auto-external-endpoint", listen_port,
                                         context.detect_public_ip, check_external_endpoint);
  const auto address = context.detect_public_ip();
  if (!address)
    return fail(ErrorKind::kUnreachable,
                "the public address could not be detected (no DNS answer from Quad9): give --external-endpoint HOST:PORT");
  return Endpoint::parse(SocketAddress{*address, listen_port}.to_string());
}

// A network whose parts are there in any combination: replacing one of them would lose a private key or a database.
Result<void> refuse_existing(const Folders& folders, const InterfaceName& name) {
  for (const auto& path : {folders.config_file(name), folders.database(name)}) {
    std::error_code failure;
    const auto status = std::filesystem::symlink_status(path, failure);
    if (std::filesystem::exists(status))
      return fail(ErrorKind::kAlreadyExists,
                  fmt::format("network {} exists already: {} is there (innernet-server uninstall {} removes it for good)", name.str(),
                              path.string(), name.str()));
    if (failure && status.type() != std::filesystem::file_type::not_found) return fail_errno(failure.value(), path.string());
  }
  TRY(const auto link, system_network_stack().find_link(name));
  if (link)
    return fail(ErrorKind::kAlreadyExists,
                fmt::format("there is a network interface named {} already: choose another --network-name", name.str()));
  return {};
}

// A PostgreSQL database that can't be used, or is in use.
Result<void> refuse_database(const DatabaseUrl& url, const wg::PublicKey& server_key) {
  const auto held = look_into(url, server_key);
  if (!held) return std::unexpected(with_remedy(held.error(), "--database"));
  if (*held == Holds::kNothing) return {};
  return fail(
      ErrorKind::kAlreadyExists,
      fmt::format("a network is in the database {} already, and a database holds one: name another one (createdb makes it)", url.shown()));
}

/// Given or asked, and free: nobody wants to answer more questions about a network that exists.
Result<InterfaceName> network_name(Context& context, const Options& options) {
  const auto check = [&context](const std::string& text) -> Result<InterfaceName> {
    TRY(InterfaceName name, check_network_name(text));
    TRY_VOID(refuse_existing(context.folders(), name));
    return name;
  };
  if (options.network_name) return check(*options.network_name);
  return prompt::ask(context.asker,
                     {.text = "Network name",
                      .option = "--network-name NAME",
                      .suggestion = {},
                      .prefilled = {},
                      .example = "lower case letters, digits and dashes",
                      .check = {}},
                     check);
}

/// What `serve` takes by itself, if no other program has it.
std::optional<std::uint16_t> expected_relay_port(std::uint16_t listen_port, const Folders& folders) {
  const auto ports = relay::relay_ports(listen_port, std::nullopt, std::nullopt, configured_ports(folders, Folders::of_client())).to_try;
  return ports.empty() ? std::nullopt : std::optional(ports.front());
}

/// What a firewall has to let in.
std::string ports_to_open(std::uint16_t listen_port, const std::optional<std::uint16_t>& relay_port) {
  if (!relay_port) return fmt::format("UDP {} for WireGuard: open it in the firewall", listen_port);
  return fmt::format("UDP {} for WireGuard, and UDP {} for the relay: open both in the firewall", listen_port, *relay_port);
}

std::unexpected<Error> config_not_written(Error error) { return std::unexpected(std::move(error).context("writing the server's config")); }

Result<void> make_with_file(const std::filesystem::path& database, const Registry::NewNetwork& network,
                            const std::filesystem::path& config_file, const ServerConfig& config) {
  TRY_VOID(Registry::create(database, network));
  auto written = create_file(config_file, config.to_toml().reveal());
  if (written) return {};
  std::error_code ignored;
  std::filesystem::remove(database, ignored);
  return config_not_written(std::move(written).error());
}

// The config first: when we are killed between the two it says where the rest is, and `uninstall` removes both.
Result<void> make_with_postgresql(const DatabaseUrl& database, const Registry::NewNetwork& network,
                                  const std::filesystem::path& config_file, const ServerConfig& config) {
  if (auto written = create_file(config_file, config.to_toml().reveal()); !written) return config_not_written(std::move(written).error());
  auto made = Registry::create(database, network);
  if (made) return {};
  // With a connection that was lost at the end, the tables may be there.
  const bool may_be_there = made.error().kind() == ErrorKind::kUnreachable && !remove_network(database, network.server_key);
  if (!may_be_there) {
    static_cast<void>(remove_file(config_file));
    return std::unexpected(with_remedy(made.error(), "--database"));
  }
  return fail(made.error().kind(),
              fmt::format("{}; its tables may have been made all the same: once the database can be reached, innernet-server uninstall {} "
                          "removes what there is",
                          made.error().message(), network.name));
}

/// Refuses, before anything is written, a network that exists in any part and values that can't work; leaves nothing behind on failure.
Result<Ending> run(const Options& options, Context& context) {
  TRY(const InterfaceName name, network_name(context, options));
  TRY(const IpNet any_net, options.network_cidr ? Result<IpNet>(*options.network_cidr)
                                                : wizard::ask_cidr(context.asker, "Network CIDR", "--network-cidr CIDR, like 10.42.0.0/16",
                                                                   "10.42.0.0/16", check_network_range));
  TRY_VOID(check_network_range(any_net));
  TRY(const std::uint16_t listen_port, options.listen_port ? Result<std::uint16_t>(*options.listen_port)
                                                           : wizard::ask_listen_port(context.asker, "--listen-port PORT", kUsualPort, 1));
  TRY(const auto endpoint, external_endpoint(context, options, listen_port));
  TRY_VOID(check_external_endpoint(endpoint));

  const IpNet net = any_net.truncated();
  ServerConfig config;
  config.private_key = wg::PrivateKey::generate();
  config.listen_port = listen_port;
  config.address = net.first_assignable();
  config.network_cidr_prefix = net.prefix();
  config.database_url = options.database;
  const Registry::NewNetwork network{name.str(), net, config.address, config.private_key.public_key(), endpoint};
  if (options.database) TRY_VOID(refuse_database(*options.database, network.server_key));

  TRY_VOID(make_private_folder(context.folders().config));
  TRY_VOID(make_private_folder(context.folders().data));
  const auto config_file = context.folders().config_file(name);
  const auto file = context.folders().database(name);
  TRY(const auto lock, FileLock::acquire(context.folders().lock_file(name), std::chrono::seconds(10), {config_file, file}));
  TRY_VOID(refuse_existing(context.folders(), name));  // somebody may have made it while we waited
  TRY_VOID(options.database ? make_with_postgresql(*options.database, network, config_file, config)
                            : make_with_file(file, network, config_file, config));
  const auto database = shown(database_location(config, context.folders(), name));

  const auto relay_port = expected_relay_port(listen_port, context.folders());
  context.print(fmt::format("network {} created: {}, the server is {} and reached at {}", name.str(), net.to_string(),
                            config.address.to_string(), endpoint.to_string()));
  context.print(fmt::format("  config:   {}", config_file.string()));
  context.print(fmt::format("  database: {}", database));
  context.print(fmt::format("  ports:    {}", ports_to_open(listen_port, relay_port)));
  context.print("Next: start the server, then add a CIDR and a first peer:");
  context.print(fmt::format("  systemctl enable --now innernet-server@{}    (or: innernet-server serve {})", name.str(), name.str()));
  context.print(fmt::format("  innernet-server add-cidr {}", name.str()));
  context.print(fmt::format("  innernet-server add-peer {}", name.str()));
  context.report(changed()
                     .text("network", name.str())
                     .text("cidr", net.to_string())
                     .text("address", config.address.to_string())
                     .text("endpoint", endpoint.to_string())
                     .number("listen_port", listen_port)
                     .number("relay_port", relay_port)
                     .text("config", config_file.string())
                     .text("database", database));
  return Ending::kDone;
}

}  // namespace

Row new_command() {
  return row(
      {.name = "new",
       .aliases = {"init"},
       .sentence = "Make a new network.",
       .example = "new --network-name evilcorp --network-cidr 10.42.0.0/16 --external-endpoint 203.0.113.7:51820 --listen-port 51820"},
      define, run);
}

}  // namespace innernet::server
