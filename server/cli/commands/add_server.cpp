#include <fmt/format.h>

#include "../servers.hpp"
#include "commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/server/servers.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<Hostname> name;
  std::optional<Endpoint> endpoint;
  std::optional<std::filesystem::path> save_config;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "One server is active, the others stand by and take over when it dies. Peers learn where all of them are. The database is "
      "PostgreSQL, and each server's machine has to reach it.");
  definition.explain(
      "The file that is written holds the network's private key: pass it on over a channel that you trust, and delete it then.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into(options.name, Hostname::parse), "The new server's name (usually that of its machine)");
  definition.option(0, "endpoint", "HOST:PORT", into(options.endpoint, Endpoint::parse), "Where peers reach it");
  definition.option(0, "save-config", "FILE", into_path(options.save_config), "Where the file for `join` is written");
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(auto config, config_with_servers(context, interface));
  const auto ask = [&context](const std::string& text, const std::string& option, const std::string& example, const auto& parse) {
    return prompt::ask(context.asker, {.text = text, .option = option, .suggestion = {}, .prefilled = {}, .example = example, .check = {}},
                       parse);
  };
  TRY(const Hostname name, options.name ? Result<Hostname>(*options.name)
                                        : ask("Name of the new server", "--name NAME", "usually that of its machine",
                                              [](const std::string& text) { return Hostname::parse(text); }));
  TRY(const Endpoint endpoint, options.endpoint
                                   ? Result<Endpoint>(*options.endpoint)
                                   : ask("Where peers reach it", "--endpoint HOST:PORT", fmt::format("HOST:{}", config.listen_port),
                                         [](const std::string& text) { return Endpoint::parse(text); }));
  if (endpoint.is_unspecified() || endpoint.port() == 0)
    return invalid_input(
        fmt::format("peers can't reach a server at {}: give an address or a domain name and the UDP port", endpoint.to_string()));
  const std::filesystem::path file = options.save_config.value_or(name.str() + ".toml");

  config.network_name = interface.str();
  config.server_name = name.str();
  // First, for a server that peers know of without anybody being able to start it is worse than a file too many.
  TRY_VOID_CONTEXT(create_file(file, config.to_toml().reveal(), kPrivateFile, NewFile::kOfNobodyElse), "writing the file for join");
  if (auto added = add_server(*config.database_url, name, endpoint); !added) {
    std::error_code ignored;
    // Whether it was stored can't be known then, and the file is needed if it was.
    if (added.error().kind() != ErrorKind::kUnreachable) std::filesystem::remove(file, ignored);
    return std::unexpected(std::move(added).error());
  }
  context.print(fmt::format("server {} at {} belongs to {} now; it is not running yet", name.str(), endpoint.to_string(), interface.str()));
  context.print(fmt::format("  {} holds the network's private key: take it to that machine over a channel that you trust, then there:",
                            file.string()));
  context.print(fmt::format("  innernet-server join {}", file.filename().string()));
  context.print(fmt::format("  systemctl enable --now innernet-server@{}", interface.str()));
  context.report(changed().text("server", name.str()).text("endpoint", endpoint.to_string()).text("config", file.string()));
  return Ending::kDone;
}

}  // namespace

Row add_server_command() {
  return row({.name = "add-server",
              .sentence = "Add a server that stands by.",
              .example = "add-server evilcorp --name standby --endpoint standby.example.com:51820 --save-config standby.toml"},
             define, run);
}

}  // namespace innernet::server
