#include <fmt/format.h>

#include "../cidrs.hpp"
#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  std::optional<std::string> new_name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "Its name now");
  definition.option(0, "new-name", "NAME", into_text(options.new_name), "Its new name");
  define_yes(definition, options.yes);
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Cidr cidr,
      given_or_chosen_cidr(
          context, network, options.name, "CIDR to rename", "--name", [](const Cidr&) { return true; }, "there is no CIDR to rename"));
  const auto check = [&](const std::string& name) { return network.check_cidr_name(cidr.id, name); };
  TRY(const std::string new_name,
      options.new_name ? Result<std::string>(*options.new_name) : wizard::ask_new_cidr_name(context.asker, check));
  if (new_name == cidr.name) {
    context.print(fmt::format("CIDR {} has this name already", printable(cidr.name)));
    return Ending::kDone;
  }
  TRY_VOID(check(new_name));
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Rename CIDR {} to {}?", label(cidr), quoted(new_name))));
  if (!go_on) return Ending::kDone;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(check_unchanged(network, cidr));
    TRY_VOID(writer.rename_cidr(cidr.id, new_name));
    return {};
  }));
  context.print(fmt::format("CIDR {} renamed to {}", printable(cidr.name), printable(new_name)));
  if (const Cidr* renamed = network.find_cidr(cidr.id)) context.report(changed().value("cidr", *renamed));
  return Ending::kDone;
}

}  // namespace

Row rename_cidr_command() {
  return row({.name = "rename-cidr", .sentence = "Rename a CIDR.", .example = "rename-cidr evilcorp --name humans --new-name people --yes"},
             define, run);
}

}  // namespace innernet::server
