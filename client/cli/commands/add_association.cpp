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
  const AssociationContents contents{pair.first.id, pair.second.id};
  TRY_VOID(admin.explained(fmt::format("associating {}", pair.to_string()), admin.server().create_association(contents)));
  // The answer of the server is empty; the id is in its list.
  if (context.general.json) {
    TRY(const std::vector<Association> now, admin.associations());
    if (const auto added = find_association(now, pair)) {
      context.report({}, changed().value("association", *added));
      return Ending::kDone;
    }
  }
  context.report(fmt::format("Added the association {}.\n", pair.to_string()), changed().value("association", contents));
  return Ending::kDone;
}

}  // namespace innernet::client
