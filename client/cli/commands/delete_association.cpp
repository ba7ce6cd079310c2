#include <fmt/format.h>

#include "../admin.hpp"
#include "../ask.hpp"
#include "associations.hpp"
#include "commands.hpp"

namespace innernet::client {

Result<Ending> run(const DeleteAssociationOptions& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Association> associations, admin.associations());
  if (associations.empty()) return fail(ErrorKind::kNotFound, "there are no associations");
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const CidrPair pair, find_pair(cidrs, options.cidr_1, options.cidr_2));
  const auto association = find_association(associations, pair);
  if (!association) return fail(ErrorKind::kNotFound, fmt::format("there is no association {}", pair.to_string()));
  TRY(const bool agreed,
      goes_ahead(context, options.yes, fmt::format("Delete the association {}: {}?", number(association->id), pair.to_string())));
  if (!agreed) return Ending::kDone;
  TRY_VOID(
      admin.explained(fmt::format("deleting the association {}", pair.to_string()), admin.server().delete_association(association->id)));
  context.report(fmt::format("Deleted the association {}.\n", pair.to_string()), changed().value("association", *association));
  return Ending::kDone;
}

}  // namespace innernet::client
