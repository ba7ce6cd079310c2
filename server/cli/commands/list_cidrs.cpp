#include <fmt/format.h>

#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/json/json_object.hpp"
#include "innernet/values/cidr_tree.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  bool tree = false;
};

void define(Definition& definition, Options& options) {
  define_interface(definition, options);
  definition.flag('t', "tree", options.tree, "Show which lies in which");
  definition.conflict("tree", "json");
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(const auto registry, open_registry(context, interface));
  const std::vector<Cidr> cidrs = registry.network().cidrs();
  if (options.tree)
    CidrTree(cidrs).walk([&](const Cidr& cidr, std::size_t depth) {
      context.print(fmt::format("{:{}}{} {}", "", depth * 2, cidr.cidr.to_string(), printable(cidr.name)));
    });
  else
    for (const Cidr& cidr : cidrs) context.print(fmt::format("{} {}", cidr.cidr.to_string(), printable(cidr.name)));
  context.report(JsonObject().value("cidrs", std::span<const Cidr>(cidrs)));
  return Ending::kDone;
}

}  // namespace

Row list_cidrs_command() {
  return row({.name = "list-cidrs", .sentence = "List all CIDRs.", .example = "list-cidrs evilcorp --tree"}, define, run);
}

}  // namespace innernet::server
