#include "../peers.hpp"
#include "commands.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "It is taken off the server's interface at once, and off the others' with their next fetch. It keeps its name and address. --yes "
      "needs --name.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "Which peer");
  define_yes(definition, options.yes);
  definition.needs("yes", "name");
}

Result<Ending> run(const Options& options, Context& context) {
  return set_disabled(context, options.interface(), options.name, true, options.yes);
}

}  // namespace

Row disable_peer_command() {
  return row({.name = "disable-peer", .sentence = "Shut a peer out, at once.", .example = "disable-peer evilcorp --name alice --yes"},
             define, run);
}

}  // namespace innernet::server
