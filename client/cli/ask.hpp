#pragma once

#include <string>

#include "context.hpp"

namespace innernet::client {

/// Whether to go ahead: yes when `yes`, else what the person says (default no). A no is told.
Result<bool> goes_ahead(Context& context, bool yes, std::string question);

}  // namespace innernet::client
