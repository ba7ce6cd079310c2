#include "innernet/machine/privileges.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "denied_calls.hpp"
#include "innernet/machine/log.hpp"

namespace innernet {
namespace {

// A bit for each capability, as in /proc/PID/status.
using Capabilities = std::uint64_t;

constexpr Capabilities bit(unsigned capability) { return Capabilities{1} << capability; }

constexpr Capabilities kOfNetworks = bit(CAP_NET_ADMIN) | bit(CAP_NET_BIND_SERVICE);
constexpr Capabilities kOfSharedFiles = bit(CAP_DAC_OVERRIDE) | bit(CAP_CHOWN) | bit(CAP_FOWNER);

// A file of another user's, or a folder in which there may be one at any time (the group recipe of the manual).
bool is_shared(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return false;
  return status.st_uid != ::geteuid() || (S_ISDIR(status.st_mode) && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0);
}

bool is_any_shared(const std::vector<std::filesystem::path>& files) {
  return std::ranges::any_of(files, [](const std::filesystem::path& file) {
    if (is_shared(file)) return true;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(file, failed), end; !failed && entry != end; entry.increment(failed))
      if (is_shared(entry->path())) return true;
    return false;
  });
}

constexpr __user_cap_header_struct kOwnCapabilities{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};

using CapabilityData = std::array<__user_cap_data_struct, 2>;

Attempt<CapabilityData> own_capabilities() {
  auto header = kOwnCapabilities;
  CapabilityData data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return std::unexpected(errno);
  return data;
}

// Permitted and effective become those of `keep` that were permitted. Root's programs have them by themselves, so that nothing is
// inheritable; another user's userspace WireGuard has those that its parent was given for it (ambient ones, which end with inheritable
// ones). glibc has no function for it. Where that is so already nothing is called: the units' filter would not let us.
Attempt<void> keep_only(Capabilities keep) {
  auto header = kOwnCapabilities;
  auto own = own_capabilities();
  if (!own) return std::unexpected(own.error());
  CapabilityData& data = *own;
  const Capabilities inherit = ::geteuid() == 0 ? 0 : keep;
  bool changes = false;
  for (std::size_t half = 0; half < data.size(); ++half) {
    const auto kept = data[half].permitted & static_cast<std::uint32_t>(keep >> (32 * half));
    const auto inherited = data[half].inheritable & static_cast<std::uint32_t>(inherit >> (32 * half));
    changes |= data[half].permitted != kept || data[half].effective != kept || data[half].inheritable != inherited;
    data[half] = {.effective = kept, .permitted = kept, .inheritable = inherited};
  }
  if (changes && ::syscall(SYS_capset, &header, data.data()) != 0) return std::unexpected(errno);
  return {};
}

// What not even a program of root's that we start gets. Who may not say so (no CAP_SETPCAP) has no_new_privs for it.
void bound_children(Capabilities keep) {
  for (unsigned capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if ((keep & bit(capability)) == 0) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

void warn_unless(const Attempt<void>& done, std::string_view what) {
  if (!done) log::warning("going on with more rights than needed: {}: {}", what, std::strerror(done.error()));
}

}  // namespace

void keep_memory_private() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  constexpr rlimit kNone{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &kNone);
}

bool may_change_networks() {
  const auto own = own_capabilities();
  return ::geteuid() == 0 || (own && ((*own)[0].effective & bit(CAP_NET_ADMIN)) != 0);
}

void drop_privileges(const std::vector<std::filesystem::path>& files) {
  const Capabilities keep = kOfNetworks | (is_any_shared(files) ? kOfSharedFiles : 0);
  if ((keep & kOfSharedFiles) != 0)
    log::debug("some files belong to another user, or may at any time: the rights to read and replace such files are kept");
  bound_children(keep);
  warn_unless(keep_only(keep), "dropping capabilities");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) warn_unless(std::unexpected(errno), "no_new_privs");
  warn_unless(deny_unused_calls(), "a filter of system calls (seccomp)");
}

}  // namespace innernet
