#pragma once

#include "innernet/base/temp_file.hpp"

namespace innernet {

/// From now on the calling thread and what it starts make none of the system calls that no daemon makes: they fail with EPERM. Sets
/// no_new_privs, too. In error: the errno.
Attempt<void> deny_unused_calls();

}  // namespace innernet
