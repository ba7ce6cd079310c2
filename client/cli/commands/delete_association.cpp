#include <fmt/format.h>

#include "../admin.hpp"
#include "../ask.hpp"
#include "associations.hpp"
#include "commands.hpp"

namespace innernet::client {
namespace {

Result<Association> choose(const DeleteAssociationOptions& options, const std::vector<Association>& associations,
                           const std::vector<Cidr>& cidrs, Context& context) {
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

}  // namespace

Result<Ending> run(const DeleteAssociationOptions& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Association> associations, admin.associations());
  if (associations.empty()) return fail(ErrorKind::kNotFound, "there is no association to delete: `innernet add-association` adds one");
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const Association association, choose(options, associations, cidrs, context));
  const std::string pair = wizard::in_words(association, cidrs);
  TRY(const bool agreed, goes_ahead(context, options.yes, fmt::format("Delete the association {}: {}?", number(association.id), pair)));
  if (!agreed) return Ending::kDone;
  TRY_VOID(admin.explained(fmt::format("deleting the association {}", pair), admin.server().delete_association(association.id)));
  context.report(fmt::format("Deleted the association {}.\n", pair), changed().value("association", association));
  return Ending::kDone;
}

}  // namespace innernet::client
