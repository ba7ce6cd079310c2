#include "innernet/wireguard/backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "links.hpp"
#include "linux/kernel_backend.hpp"
#include "userspace_process.hpp"
#include "userspace_socket.hpp"

namespace innernet::wg {

Result<BackendKind> parse_backend_kind(std::string_view text) {
  for (const BackendKind kind : {BackendKind::kKernel, BackendKind::kUserspace})
    if (text == to_string(kind)) return kind;
  return invalid_input(fmt::format("{} is not a backend: it has to be kernel or userspace", quoted(text)));
}

std::string_view to_string(BackendKind kind) { return kind == BackendKind::kKernel ? "kernel" : "userspace"; }

std::unique_ptr<Backend> choose_backend(std::optional<BackendKind> asked, const InterfaceName& name,
                                        const std::function<void(std::string_view)>& notice) {
  if (asked) return *asked == BackendKind::kKernel ? kernel_backend() : userspace_backend();

  const auto link = find_underlying_link(name);
  if (link && *link && (*link)->is_kernel_wireguard) return kernel_backend();
  const UserspaceOptions options;
  const auto socket = UserspaceSockets(options.socket_folder).state(name);
  if (socket && *socket == SocketState::kAnswers) return userspace_backend(options);

  if (kernel_has_wireguard()) return kernel_backend();
  const auto program = find_implementation(options.implementation);
  if (!program) {
    if (notice) notice(fmt::format("the kernel has no WireGuard, and there is no other: {}", program.error().message()));
    return kernel_backend();
  }
  if (notice) notice(fmt::format("the kernel has no WireGuard, using {}", *program));
  return userspace_backend(options);
}

Result<std::vector<FoundInterface>> list_interfaces(std::optional<BackendKind> asked) {
  std::vector<FoundInterface> found;
  for (const BackendKind kind : {BackendKind::kKernel, BackendKind::kUserspace}) {
    if (asked && *asked != kind) continue;
    const auto backend = kind == BackendKind::kKernel ? kernel_backend() : userspace_backend();
    TRY(auto names, backend->list());
    for (InterfaceName& name : names) found.push_back({std::move(name), kind});
  }
  std::ranges::sort(found, {}, [](const FoundInterface& one) { return std::pair(one.name, one.backend); });
  return found;
}

}  // namespace innernet::wg
