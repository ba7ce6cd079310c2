#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"

namespace innernet::hostsfile {

struct Entry {
  IpAddress ip;
  std::string name;  ///< the whole host name, as it stands in the file
};

/// `text` with the section of `network` replaced in place, appended after a blank line when it is new, or removed when
/// `entries` is empty. Everything outside the section is kept byte for byte. Entries are sorted by address, IPv4 first,
/// and those of one address by name. Fails with kInvalidInput when the section's markers don't pair up, or when a name
/// would not stay within its line.
Result<std::string> with_section(std::string_view text, std::string_view network, const std::vector<Entry>& entries);

enum class Written { kUnchanged, kReplaced, kInPlace };

/// What update() locks, so that two writers don't lose each other's section: a file beside the hosts file (`target`: itself, no link to it)
/// that others can't open, and that is there only while it is locked. The folder or the hosts file would not do: who can read them could
/// lock them, and hold everybody up.
std::filesystem::path lock_file(const std::filesystem::path& target);

/// Brings the section of `network` in the file at `path` in line with `entries`. Written by temporary file and rename, keeping owner, mode,
/// extended attributes, ACL and SELinux context; in place where that is impossible (a bind-mounted file, a read-only folder, a label that
/// we may not set). A missing file is created (0644), a symbolic link followed, a directory refused. Nothing is written when nothing
/// changes. On failure the file is as it was.
Result<Written> update(const std::filesystem::path& path, std::string_view network, const std::vector<Entry>& entries);

}  // namespace innernet::hostsfile
