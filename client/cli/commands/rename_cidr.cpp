#include <fmt/format.h>

#include <algorithm>

#include "../admin.hpp"
#include "commands.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  std::optional<std::string> new_name;  ///< not empty
  bool yes = false;
};

Result<std::string> parse_new_cidr_name(std::string_view text) {
  if (text.empty()) return invalid_input("the name of a CIDR can't be empty");
  return std::string(text);
}

void define(Definition& definition, Options& options) {
  definition.explain("What is not given is asked for; without a terminal that is an error that names the option.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "The CIDR");
  definition.option(0, "new-name", "NAME", into(options.new_name, parse_new_cidr_name), "Its new name");
  define_yes(definition, options.yes);
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(Cidr cidr, options.name ? find_cidr(cidrs, *options.name)
                              : wizard::choose_cidr(context.asker, "CIDR to rename", "--name", cidrs, "there is no CIDR to rename"));
  const std::string name = cidr.name;
  const auto check = [&](const std::string& wanted) -> Result<void> {
    if (wanted == name || std::ranges::find(cidrs, wanted, &Cidr::name) == cidrs.end()) return {};
    return fail(ErrorKind::kAlreadyExists, fmt::format("there is a CIDR {} already", quoted(wanted)));
  };
  TRY(const std::string new_name,
      options.new_name ? Result<std::string>(*options.new_name) : wizard::ask_new_cidr_name(context.asker, check));
  if (name == new_name) {
    log::info("the CIDR is called {} already, nothing was changed", quoted(name));
    return Ending::kDone;
  }
  TRY_VOID(check(new_name));
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Rename {} to {}?", label(cidr), printable(new_name))));
  if (!agreed) return Ending::kDone;
  cidr.name = new_name;
  TRY_VOID(admin.explained(fmt::format("renaming {}", quoted(name)), admin.server().update_cidr(cidr.id, cidr)));
  context.print(fmt::format("The CIDR {} is now called {}.", printable(name), printable(new_name)));
  context.report(changed().value("cidr", cidr));
  return Ending::kDone;
}

}  // namespace

Row rename_cidr_command() {
  return row({.name = "rename-cidr",
              .sentence = "Rename a CIDR (admins).",
              .example = "rename-cidr evilcorp --name humans --new-name people --yes"},
             define, run);
}

}  // namespace innernet::client
