#include <fmt/format.h>

#include "../servers.hpp"
#include "commands.hpp"
#include "innernet/server/servers.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<Hostname> name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("Peers don't try it any more. Its machine keeps its config, and the key in it: uninstall removes both there.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into(options.name, Hostname::parse), "A server that is not active");
  define_yes(definition, options.yes);
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(const auto config, config_with_servers(context, options.interface()));
  TRY(const Hostname name, options.name ? Result<Hostname>(*options.name)
                                        : prompt::ask(context.asker,
                                                      {.text = "Server to remove",
                                                       .option = "--name NAME",
                                                       .suggestion = {},
                                                       .prefilled = {},
                                                       .example = "list-servers shows them",
                                                       .check = {}},
                                                      [](const std::string& text) { return Hostname::parse(text); }));
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Remove server {} from {}?", name.str(), options.interface().str())));
  if (!go_on) return Ending::kDone;
  TRY_VOID(remove_server(*config.database_url, name));
  context.print(fmt::format("server {} does not belong to {} any more", name.str(), options.interface().str()));
  context.report(changed().text("server", name.str()));
  return Ending::kDone;
}

}  // namespace

Row remove_server_command() {
  return row(
      {.name = "remove-server", .sentence = "Remove a server from a network.", .example = "remove-server evilcorp --name standby --yes"},
      define, run);
}

}  // namespace innernet::server
