#pragma once

#include <optional>
#include <string_view>

#include "innernet/base/secret.hpp"
#include "innernet/config/database_url.hpp"

namespace innernet {

/// The text of a server's NAME.conf with this `[database] url`, or without one. All other lines stay as they are, comments and what we
/// don't know, too. kInvalidInput: it is no such config, or says where the database is in a way that only a person can change (on one line
/// with others, say).
Result<SecretText> with_database_url(std::string_view toml, const std::optional<DatabaseUrl>& url);

}  // namespace innernet
