#include "innernet/server/serve.hpp"

#include "commands.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  HostsOptions hosts;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "The interface stays up when the server ends, so that peers stay connected. SIGTERM and SIGINT end it after the requests in "
      "flight.");
  definition.explain("Without INNERNET_LOG or RUST_LOG, it logs at the level info to standard error.");
  define_interface(definition, options);
  define_hosts(definition, options.hosts);
}

Result<Ending> run(const Options& options, Context& context) {
  const auto backend = context.backend(options.interface());
  TRY_VOID(serve(options.interface(),
                 {.folders = context.folders(), .network = context.general.network, .hosts = options.hosts, .periods = {}, .listen = {}},
                 ServeSystem::of_machine(*backend, context.clock)));
  return Ending::kDone;
}

}  // namespace

Row serve_command() {
  return row({.name = "serve",
              .sentence = "Coordinate a network: bring its interface up and answer its peers.",
              .example = "serve evilcorp",
              .runs_until_stopped = true},
             define, run);
}

}  // namespace innernet::server
