#pragma once

#include "innernet/base/temp_file.hpp"

namespace innernet::hostsfile {

/// Copies the extended attributes of one open file to another: ACLs, the SELinux label, what users put there. Not those
/// that are computed from the content (security.ima, security.evm), which would be wrong for the new one.
Attempt<void> copy_attributes(int from_fd, int to_fd);

}  // namespace innernet::hostsfile
