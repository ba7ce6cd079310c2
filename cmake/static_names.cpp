// A static program would load the modules that /etc/nsswitch.conf names, of whatever glibc the machine has, into itself, and may
// die of it. Those for /etc/hosts and DNS are built in: getaddrinfo(3) uses these two.
#include <nss.h>

namespace {

[[gnu::constructor]] void use_built_in_names() { ::__nss_configure_lookup("hosts", "files dns"); }

}  // namespace
