#include "../peers.hpp"
#include "commands.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("--yes needs --name.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "Which peer");
  define_yes(definition, options.yes);
  definition.needs("yes", "name");
}

Result<Ending> run(const Options& options, Context& context) {
  return set_disabled(context, options.interface(), options.name, false, options.yes);
}

}  // namespace

Row enable_peer_command() {
  return row(
      {.name = "enable-peer", .sentence = "Let a disabled peer take part again.", .example = "enable-peer evilcorp --name alice --yes"},
      define, run);
}

}  // namespace innernet::server
