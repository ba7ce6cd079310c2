#pragma once

#include <filesystem>

#include "innernet/base/error.hpp"

namespace innernet::client {

/// A kPermission error about a file of ours gets the remedy: root, or the group recipe of the manual.
Error with_remedy(Error error, const std::filesystem::path& file);

/// Warns when people outside owner and group can read or write the file: there is a key, or what keys are trusted, in it.
void warn_of_access_by_others(const std::filesystem::path& file);

/// Says once for each folder that nothing is remembered there.
void warn_of_read_only(const std::filesystem::path& folder);

/// The same instead of a kReadOnly failure to write `file`: what does not depend on it goes on.
Result<void> unless_read_only(Result<void> written, const std::filesystem::path& file);

}  // namespace innernet::client
