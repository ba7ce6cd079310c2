#include "denied_calls.hpp"

#include <sched.h>
#include <seccomp.h>

#include <cerrno>
#include <memory>

namespace innernet {
namespace {

// A list of what is denied and not of what is allowed: each new glibc makes other calls, and what we start is not ours.
constexpr const char* kNever[] = {
    // other processes' memory and descriptors
    "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
#if !defined(INNERNET_SANITIZED)  // the search for leaks is made with it
    "ptrace",
#endif
    // the kernel itself. It loads the module of WireGuard by itself, when a link of that kind is made.
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "create_module", "bpf", "perf_event_open", "reboot",
    "swapon", "swapoff", "acct", "syslog", "iopl", "ioperm", "modify_ldt", "uselib", "nfsservctl", "lookup_dcookie",
    // what had holes again and again, and that nobody here uses
    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key", "request_key", "keyctl",
    // the file system and namespaces
    "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
    "mount_setattr", "unshare", "setns", "quotactl", "quotactl_fd", "open_by_handle_at", "fanotify_init",
    // the clock and the machine's name
    "settimeofday", "stime", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex", "sethostname",
    "setdomainname",
    // another user
    "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32", "setregid", "setregid32", "setresuid", "setresuid32", "setresgid",
    "setresgid32", "setgroups", "setgroups32", "setfsuid", "setfsuid32", "setfsgid", "setfsgid32"};

}  // namespace

Attempt<void> deny_unused_calls() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(::seccomp_init(SCMP_ACT_ALLOW), ::seccomp_release);
  if (!filter) return std::unexpected(ENOMEM);
  constexpr std::uint32_t kDenied = SCMP_ACT_ERRNO(EPERM);
  // Numbers of another architecture would go around the list. An error, not the end of the process, which is the default.
  if (const int failed = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, kDenied); failed != 0) return std::unexpected(-failed);
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a tree instead of a list, since libseccomp 2.5
  for (const char* name : kNever) {
    const int number = ::seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;  // newer than the library
    const int failed = ::seccomp_rule_add(filter.get(), kDenied, number, 0);
    if (failed != 0 && failed != -EDOM) return std::unexpected(-failed);  // EDOM: this architecture has no such call
  }
  if (const int failed = ::seccomp_load(filter.get()); failed != 0) return std::unexpected(-failed);
  return {};
}

}  // namespace innernet
