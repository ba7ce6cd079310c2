#pragma once

#include <optional>

#include "context.hpp"

namespace innernet::client {

/// `show --live` of one network or of all, until somebody ends it. Where output is no terminal there is nothing to draw over: the table is
/// printed once, so that it can be kept.
Result<command_line::Ending> show_live(const std::optional<InterfaceName>& only, Context& context);

}  // namespace innernet::client
