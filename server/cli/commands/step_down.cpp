#include <fmt/format.h>

#include "../servers.hpp"
#include "commands.hpp"
#include "innernet/server/servers.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("Whichever that is, and on whichever server's machine this is called. It stands by then, and can be stopped.");
  define_interface(definition, options);
  define_yes(definition, options.yes);
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(const auto config, config_with_servers(context, options.interface()));
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Let another server of {} take over?", options.interface().str())));
  if (!go_on) return Ending::kDone;
  TRY_VOID(step_down(*config.database_url));
  context.print("the active server was told to step down; innernet-server list-servers shows who has taken over");
  context.report(changed());
  return Ending::kDone;
}

}  // namespace

Row step_down_command() {
  return row({.name = "step-down",
              .sentence = "Let a server that stands by take over from the active one.",
              .example = "step-down evilcorp --yes"},
             define, run);
}

}  // namespace innernet::server
