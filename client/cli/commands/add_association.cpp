#include <fmt/format.h>

#include "../admin.hpp"
#include "associations.hpp"
#include "commands.hpp"

namespace innernet::client {

// With both CIDRs named there is nothing left to ask, with or without --yes.
Result<Ending> run(const AddAssociationOptions& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const CidrPair pair, find_pair(cidrs, options.cidr_1, options.cidr_2));
  TRY(const std::vector<Association> associations, admin.associations());
  if (const auto existing = find_association(associations, pair))
    return fail(ErrorKind::kAlreadyExists,
                fmt::format("{} are associated already (association {})", pair.to_string(), number(existing->id)));
  TRY_VOID(
      admin.explained(fmt::format("associating {}", pair.to_string()), admin.server().create_association({pair.first.id, pair.second.id})));
  context.out.write(fmt::format("Added the association {}.\n", pair.to_string()));
  return Ending::kDone;
}

}  // namespace innernet::client
