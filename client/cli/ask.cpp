#include "ask.hpp"

#include <fmt/format.h>

#include "innernet/shared/log.hpp"

namespace innernet::client {

std::unexpected<Error> not_given(std::string_view question, std::string_view option) {
  return invalid_input(fmt::format("{} is not known: give {}", quoted(question), option));
}

Result<bool> goes_ahead(Context& context, bool yes, std::string_view question) {
  if (yes) return true;
  TRY(const bool agreed, context.confirm(question, false, "--yes"));
  if (!agreed) log::info("not confirmed, nothing was changed");
  return agreed;
}

}  // namespace innernet::client
