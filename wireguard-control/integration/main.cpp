// Tests against the real thing, in namespaces of their own: innernet_wireguard_integration kernel|userspace [gtest options]
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "integration/sandbox.hpp"
#include "linux/kernel_backend.hpp"
#include "userspace_process.hpp"

namespace innernet::wg {
namespace {

BackendKind g_tested_backend = BackendKind::kUserspace;

// Why the backend can't be tested here; empty when it can.
std::string missing() {
  if (g_tested_backend == BackendKind::kKernel) return kernel_has_wireguard() ? "" : "this kernel has no WireGuard";
  const auto program = find_implementation("");
  if (!program) return program.error().message();
  return ::access("/dev/net/tun", R_OK | W_OK) == 0 ? "" : "there is no /dev/net/tun";
}

}  // namespace

BackendKind tested_backend() { return g_tested_backend; }

int run(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const char* asked = argc > 1 ? argv[1] : std::getenv("INNERNET_TEST_BACKEND");
  if (asked != nullptr) {
    const auto kind = parse_backend_kind(asked);
    if (!kind) {
      std::fprintf(stderr, "%s\n", kind.error().message().c_str());
      return 2;
    }
    g_tested_backend = *kind;
  }
  return in_sandbox([] {
    if (const std::string reason = missing(); !reason.empty()) {
      std::printf("NOT RUN: %s\n", reason.c_str());
      return kSkipped;
    }
    return RUN_ALL_TESTS();
  });
}

}  // namespace innernet::wg

int main(int argc, char** argv) { return innernet::wg::run(argc, argv); }
