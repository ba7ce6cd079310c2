#pragma once

#include <optional>
#include <string_view>

#include "context.hpp"

namespace innernet::client {

/// The error for a value that was not given: names what would be asked, and the option that gives it.
std::unexpected<Error> not_given(std::string_view question, std::string_view option);

/// TRY(const Hostname name, given(options.name, "Name", "--name"));
template <class T>
Result<T> given(const std::optional<T>& value, std::string_view question, std::string_view option) {
  if (!value) return not_given(question, option);
  return *value;
}

/// Whether to go ahead: yes when `yes`, else what the person says (default no). A no is told.
Result<bool> goes_ahead(Context& context, bool yes, std::string_view question);

}  // namespace innernet::client
