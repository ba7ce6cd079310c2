#include "../admin.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace innernet::client {

Result<Ending> run(const ListAssociationsOptions& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const std::vector<Association> associations, admin.associations());
  context.report(
      render_associations(associations, cidrs),
      JsonObject().value("associations", std::span<const Association>(associations)).value("cidrs", std::span<const Cidr>(cidrs)));
  return Ending::kDone;
}

}  // namespace innernet::client
