#pragma once

#include <string_view>

#include "innernet/base/error.hpp"
#include "innernet/client/stop.hpp"

namespace innernet::client {

/// Yes or no from the person at the terminal. Only y or yes agrees to something; Enter alone is `by_default`.
/// Without a terminal on standard input, at its end and on a signal it fails with a message that names the question and `instead`, the
/// option that answers it.
Result<bool> confirm(std::string_view question, bool by_default, std::string_view instead, const Stop& stop);

/// The answer that a line stands for: y and yes agree, an empty line is `by_default`, all else is no.
bool agrees(std::string_view line, bool by_default);

}  // namespace innernet::client
