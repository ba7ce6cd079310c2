#include <fmt/format.h>

#include "../cidrs.hpp"
#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("--yes needs --name.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "Which CIDR");
  define_yes(definition, options.yes);
  definition.needs("yes", "name");
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Cidr cidr, given_or_chosen_cidr(
                           context, network, options.name, "CIDR to delete", "--name",
                           [&](const Cidr& candidate) { return network.check_cidr_deletion(candidate.id).has_value(); },
                           "no CIDR can be deleted: each has peers, other CIDRs or associations, or is the network or the server's own"));
  TRY_VOID(network.check_cidr_deletion(cidr.id));
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Delete CIDR {}?", label(cidr))));
  if (!go_on) return Ending::kDone;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(check_unchanged(network, cidr));
    return writer.delete_cidr(cidr.id);
  }));
  context.print(fmt::format("CIDR {} deleted", printable(cidr.name)));
  context.report(changed().value("cidr", cidr));
  return Ending::kDone;
}

}  // namespace

Row delete_cidr_command() {
  return row({.name = "delete-cidr",
              .sentence = "Delete a CIDR that has no CIDRs, peers or associations.",
              .example = "delete-cidr evilcorp --name humans --yes"},
             define, run);
}

}  // namespace innernet::server
