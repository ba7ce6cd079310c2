// A static program would load the modules that /etc/nsswitch.conf names, of whatever glibc the machine has, into itself, and may
// die of it. Those for /etc/hosts and DNS are built in: getaddrinfo(3) uses these two.
#include <nss.h>

namespace {

[[gnu::constructor]] void use_built_in_names() { ::__nss_configure_lookup("hosts", "files dns"); }

}  // namespace

// For the same reason it loads no library: what libpq.so.5 needs is of the machine's glibc. What asks for one is told that there is none.
extern "C" void* dlopen(const char*, int) { return nullptr; }
extern "C" char* dlerror() {
  static char why[] = "this is the static program, which loads no libraries";
  return why;
}
