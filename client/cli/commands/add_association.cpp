#include <fmt/format.h>

#include "../admin.hpp"
#include "../associations.hpp"
#include "commands.hpp"

namespace innernet::client {

namespace {

struct Options : OfNetwork {
  std::optional<std::string> cidr_1;
  std::optional<std::string> cidr_2;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain("With both CIDRs there is no question.");
  define_interface(definition, options);
  definition.optional_argument("CIDR1", "One of the two", into_text(options.cidr_1));
  definition.optional_argument("CIDR2", "The other", into_text(options.cidr_2));
  define_yes(definition, options.yes);
}

Result<Cidr> choose_first(const Options& options, const std::vector<Cidr>& cidrs, const std::vector<Association>& associations,
                          Context& context) {
  if (options.cidr_1) return find_cidr(cidrs, *options.cidr_1);
  return wizard::choose_cidr(
      context.asker, "First CIDR", "the names of both CIDRs behind INTERFACE", wizard::with_partners(cidrs, associations),
      "no association can be added: all CIDRs are associated with one another (`innernet add-cidr` makes another CIDR)");
}

Result<CidrPair> choose_pair(const Options& options, const std::vector<Cidr>& cidrs, const std::vector<Association>& associations,
                             Context& context) {
  TRY(Cidr first, choose_first(options, cidrs, associations, context));
  if (options.cidr_2) return find_pair(cidrs, first.name, *options.cidr_2);
  TRY(Cidr second,
      wizard::choose_cidr(context.asker, "Second CIDR", "its name as the last argument", wizard::partners_of(first, cidrs, associations),
                          fmt::format("{} is associated with every other CIDR already", label(first))));
  return CidrPair{std::move(first), std::move(second)};
}

// With both CIDRs named there is nothing left to ask, with or without --yes.
Result<Ending> run(const Options& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const std::vector<Association> associations, admin.associations());
  TRY(const CidrPair pair, choose_pair(options, cidrs, associations, context));
  if (const auto existing = find_association(associations, pair))
    return fail(ErrorKind::kAlreadyExists,
                fmt::format("{} are associated already (association {})", pair.to_string(), number(existing->id)));
  if (!options.cidr_1 || !options.cidr_2) {
    TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Add the association {}?", pair.to_string())));
    if (!agreed) return Ending::kDone;
  }
  const AssociationContents contents{pair.first.id, pair.second.id};
  TRY_VOID(admin.explained(fmt::format("associating {}", pair.to_string()), admin.server().create_association(contents)));
  // The answer of the server is empty; the id is in its list.
  if (context.general.json) {
    TRY(const std::vector<Association> now, admin.associations());
    if (const auto added = find_association(now, pair)) {
      context.report(changed().value("association", *added));
      return Ending::kDone;
    }
  }
  context.print(fmt::format("Added the association {}.", pair.to_string()));
  context.report(changed().value("association", contents));
  return Ending::kDone;
}

}  // namespace

Row add_association_command() {
  return row({.name = "add-association",
              .sentence = "Let the peers of two CIDRs see each other (admins).",
              .example = "add-association evilcorp humans robots"},
             define, run);
}

}  // namespace innernet::client
