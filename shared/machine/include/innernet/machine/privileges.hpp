#pragma once

#include <filesystem>
#include <vector>

namespace innernet {

/// What is in our memory, which is keys, ends up in no core dump, and no process of the same user may read it. Children dump no core
/// either: userspace WireGuard has the same keys. To be called first of all.
void keep_memory_private();

/// Root may, and who was given CAP_NET_ADMIN.
bool may_change_networks();

/// Gives away for good what nobody needs who looks after networks:
///  - capabilities, except to change network interfaces and to listen on ports below 1024. Where one of `files` (a folder: or something
///    in it) belongs to another user, or is a folder in which others may write, those to read, write and replace it stay, too.
///    What another user than root was given for the programs that it starts (ambient ones) is kept to the same.
///  - what a set-user-ID program would give (no_new_privs);
///  - system calls that such a program never makes, which fail with EPERM from now on.
/// It concerns the calling thread and all that it starts afterwards, other programs too: so it is called before there is a second thread.
/// What a kernel or a container does not let us give away is a warning in the log.
void drop_privileges(const std::vector<std::filesystem::path>& files);

}  // namespace innernet
