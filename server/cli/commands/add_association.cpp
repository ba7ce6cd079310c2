#include <fmt/format.h>

#include "../cidrs.hpp"
#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/printable.hpp"
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

struct CidrPair {
  Cidr first;
  Cidr second;
};

Result<CidrPair> pair_to_associate(Context& context, const Network& network, const Options& options) {
  const std::vector<Cidr> cidrs = network.cidrs();
  const std::vector<Association> associations = associations_of(network);
  const auto choose_first = [&]() -> Result<Cidr> {
    if (options.cidr_1) {
      TRY(const Cidr* cidr, cidr_named(network, *options.cidr_1));
      return *cidr;
    }
    return wizard::choose_cidr(context.asker, "First CIDR", std::string(kNamesOfBoth), wizard::with_partners(cidrs, associations),
                               "no association can be added: all CIDRs are associated with one another (add-cidr makes another CIDR)");
  };
  TRY(Cidr first, choose_first());
  if (options.cidr_2) {
    TRY(const Cidr* second, cidr_named(network, *options.cidr_2));
    return CidrPair{std::move(first), *second};
  }
  TRY(Cidr second,
      wizard::choose_cidr(context.asker, "Second CIDR", "its name as the last argument", wizard::partners_of(first, cidrs, associations),
                          fmt::format("{} is associated with every other CIDR already", label(first))));
  return CidrPair{std::move(first), std::move(second)};
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const CidrPair pair, pair_to_associate(context, network, options));
  const AssociationContents wanted{pair.first.id, pair.second.id};
  TRY_VOID(network.check_new_association(wanted));
  const std::string first = printable(pair.first.name);
  const std::string second = printable(pair.second.name);
  TRY(const bool go_on,
      confirmed(context, options.yes || (options.cidr_1 && options.cidr_2), fmt::format("Add the association {} <=> {}?", first, second)));
  if (!go_on) return Ending::kDone;
  std::optional<Association> added;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(check_unchanged(network, pair.first));
    TRY_VOID(check_unchanged(network, pair.second));
    TRY(added, writer.add_association(wanted));
    return {};
  }));
  context.print(fmt::format("{} and {} are associated", first, second));
  context.report(changed().value("association", *added));
  return Ending::kDone;
}

}  // namespace

Row add_association_command() {
  return row({.name = "add-association",
              .sentence = "Let the peers of two CIDRs see each other.",
              .example = "add-association evilcorp humans robots"},
             define, run);
}

}  // namespace innernet::server
