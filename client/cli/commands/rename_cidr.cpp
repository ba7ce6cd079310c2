#include <fmt/format.h>

#include <algorithm>

#include "../admin.hpp"
#include "../ask.hpp"
#include "commands.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/shared/log.hpp"

namespace innernet::client {

Result<Ending> run(const RenameCidrOptions& options, Context& context) {
  TRY(const std::string name, given(options.name, "CIDR to rename", "--name"));
  TRY(const std::string new_name, given(options.new_name, "New name", "--new-name"));
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(Cidr cidr, find_cidr(cidrs, name));
  if (name == new_name) {
    log::info("the CIDR is called {} already, nothing was changed", quoted(name));
    return Ending::kDone;
  }
  if (std::ranges::find(cidrs, new_name, &Cidr::name) != cidrs.end())
    return fail(ErrorKind::kAlreadyExists, fmt::format("there is a CIDR {} already", quoted(new_name)));
  TRY(const bool agreed, goes_ahead(context, options.yes, fmt::format("Rename {} to {}?", label(cidr), printable(new_name))));
  if (!agreed) return Ending::kDone;
  cidr.name = new_name;
  TRY_VOID(admin.explained(fmt::format("renaming {}", quoted(name)), admin.server().update_cidr(cidr.id, cidr)));
  context.report(fmt::format("The CIDR {} is now called {}.\n", printable(name), printable(new_name)), changed().value("cidr", cidr));
  return Ending::kDone;
}

}  // namespace innernet::client
