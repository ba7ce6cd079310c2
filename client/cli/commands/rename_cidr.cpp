#include <fmt/format.h>

#include <algorithm>

#include "../admin.hpp"
#include "../ask.hpp"
#include "commands.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {

Result<Ending> run(const RenameCidrOptions& options, Context& context) {
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
  TRY(const bool agreed, goes_ahead(context, options.yes, fmt::format("Rename {} to {}?", label(cidr), printable(new_name))));
  if (!agreed) return Ending::kDone;
  cidr.name = new_name;
  TRY_VOID(admin.explained(fmt::format("renaming {}", quoted(name)), admin.server().update_cidr(cidr.id, cidr)));
  context.report(fmt::format("The CIDR {} is now called {}.\n", printable(name), printable(new_name)), changed().value("cidr", cidr));
  return Ending::kDone;
}

}  // namespace innernet::client
