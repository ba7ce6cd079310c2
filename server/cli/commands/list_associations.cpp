#include <fmt/format.h>

#include "../cidrs.hpp"
#include "../open.hpp"
#include "commands.hpp"
#include "innernet/json/json_object.hpp"

namespace innernet::server {
namespace {

void define(Definition& definition, OfNetwork& options) { define_interface(definition, options); }

Result<Ending> run(const OfNetwork& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(const auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  std::vector<Association> associations;
  for (const auto& [id, association] : network.associations()) {
    associations.push_back(association);
    context.print(fmt::format("{}: {} <=> {}", number(id), printable_name_of(network, association.cidr_id_1),
                              printable_name_of(network, association.cidr_id_2)));
  }
  const std::vector<Cidr> cidrs = network.cidrs();
  context.report(
      JsonObject().value("associations", std::span<const Association>(associations)).value("cidrs", std::span<const Cidr>(cidrs)));
  return Ending::kDone;
}

}  // namespace

Row list_associations_command() {
  return row({.name = "list-associations", .sentence = "List all associations.", .example = "list-associations evilcorp"}, define, run);
}

}  // namespace innernet::server
