#include "../admin.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {};

void define(Definition& definition, Options& options) {
  definition.explain("The server is asked, so the network has to be up.");
  define_interface(definition, options);
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const std::vector<Association> associations, admin.associations());
  context.print(render_associations(associations, cidrs));
  context.report(
      JsonObject().value("associations", std::span<const Association>(associations)).value("cidrs", std::span<const Cidr>(cidrs)));
  return Ending::kDone;
}

}  // namespace

Row list_associations_command() {
  return row({.name = "list-associations", .sentence = "List the associations of CIDRs (admins).", .example = "list-associations evilcorp"},
             define, run);
}

}  // namespace innernet::client
