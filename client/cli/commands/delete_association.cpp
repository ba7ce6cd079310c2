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
  definition.explain("The order of the two does not matter.");
  define_interface(definition, options);
  definition.optional_argument("CIDR1", "One of the two", into_text(options.cidr_1));
  definition.optional_argument("CIDR2", "The other", into_text(options.cidr_2));
  define_yes(definition, options.yes);
}

Result<Association> choose(const Options& options, const std::vector<Association>& associations, const std::vector<Cidr>& cidrs,
                           Context& context) {
  if (options.cidr_1 && options.cidr_2) {
    TRY(const CidrPair pair, find_pair(cidrs, *options.cidr_1, *options.cidr_2));
    if (const auto association = find_association(associations, pair)) return *association;
    return fail(ErrorKind::kNotFound, fmt::format("there is no association {}", pair.to_string()));
  }
  std::vector<Association> eligible = associations;
  if (options.cidr_1) {
    TRY(const Cidr one, find_cidr(cidrs, *options.cidr_1));
    std::erase_if(eligible, [&one](const Association& a) { return a.cidr_id_1 != one.id && a.cidr_id_2 != one.id; });
  }
  return wizard::choose_association(context.asker, "the names of both CIDRs behind INTERFACE", eligible, cidrs);
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Association> associations, admin.associations());
  if (associations.empty()) return fail(ErrorKind::kNotFound, "there is no association to delete: `innernet add-association` adds one");
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const Association association, choose(options, associations, cidrs, context));
  const std::string pair = wizard::in_words(association, cidrs);
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Delete the association {}: {}?", number(association.id), pair)));
  if (!agreed) return Ending::kDone;
  TRY_VOID(admin.explained(fmt::format("deleting the association {}", pair), admin.server().delete_association(association.id)));
  context.print(fmt::format("Deleted the association {}.", pair));
  context.report(changed().value("association", association));
  return Ending::kDone;
}

}  // namespace

Row delete_association_command() {
  return row({.name = "delete-association",
              .aliases = {"delete-associations"},
              .sentence = "Take back an association (admins).",
              .example = "delete-association evilcorp humans robots --yes"},
             define, run);
}

}  // namespace innernet::client
