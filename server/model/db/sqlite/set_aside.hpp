#pragma once

#include <filesystem>
#include <vector>

#include "innernet/base/error.hpp"

namespace innernet::server::db {

/// Gives a database that nobody has open the first of the names NAME.db.old-1, NAME.db.old-2, … that is free, and says which. kBusy:
/// somebody has it open, or has left a log behind, which would be lost; it stays then.
Result<std::filesystem::path> set_database_aside(const std::filesystem::path& database);

/// Those that there are, by name.
std::vector<std::filesystem::path> databases_set_aside(const std::filesystem::path& database);

}  // namespace innernet::server::db
