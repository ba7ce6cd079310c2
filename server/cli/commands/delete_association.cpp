#include <fmt/format.h>

#include "../cidrs.hpp"
#include "../open.hpp"
#include "commands.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> cidr_1;
  std::optional<std::string> cidr_2;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  define_interface(definition, options);
  definition.optional_argument("CIDR1", "One CIDR's name", into_text(options.cidr_1));
  definition.optional_argument("CIDR2", "The other's", into_text(options.cidr_2));
  define_yes(definition, options.yes);
}

Result<Association> association_to_delete(Context& context, const Network& network, const Options& options) {
  std::vector<Association> eligible = associations_of(network);
  if (options.cidr_1) {
    TRY(const Cidr* first, cidr_named(network, *options.cidr_1));
    if (options.cidr_2) {
      TRY(const Cidr* second, cidr_named(network, *options.cidr_2));
      if (const Association* association = network.find_association(first->id, second->id)) return *association;
      return fail(ErrorKind::kNotFound, fmt::format("{} and {} are not associated", quoted(*options.cidr_1), quoted(*options.cidr_2)));
    }
    std::erase_if(eligible, [first](const Association& a) { return a.cidr_id_1 != first->id && a.cidr_id_2 != first->id; });
  }
  return wizard::choose_association(context.asker, std::string(kNamesOfBoth), eligible, network.cidrs());
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Association association, association_to_delete(context, network, options));
  const std::string pair = wizard::in_words(association, network.cidrs());
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Delete the association {}: {}?", number(association.id), pair)));
  if (!go_on) return Ending::kDone;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    const auto now = network.associations().find(association.id);
    if (now == network.associations().end() || now->second != association)
      return fail(ErrorKind::kNotFound, fmt::format("somebody else has deleted the association {} meanwhile", pair));
    return writer.delete_association(association.id);
  }));
  context.print(fmt::format("association {} deleted", pair));
  context.report(changed().value("association", association));
  return Ending::kDone;
}

}  // namespace

Row delete_association_command() {
  return row({.name = "delete-association",
              .aliases = {"delete-associations"},
              .sentence = "Take an association back.",
              .example = "delete-association evilcorp humans robots --yes"},
             define, run);
}

}  // namespace innernet::server
