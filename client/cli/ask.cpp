#include "ask.hpp"

#include "innernet/machine/log.hpp"

namespace innernet::client {

Result<bool> goes_ahead(Context& context, bool yes, std::string question) {
  if (yes) return true;
  TRY(const bool agreed, context.asker.yes_or_no({.text = std::move(question), .option = "--yes", .by_default = false}));
  if (!agreed) log::info("not confirmed, nothing was changed");
  return agreed;
}

}  // namespace innernet::client
