#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/wireguard/device.hpp"

namespace innernet::wg {

enum class BackendKind { kKernel, kUserspace };

/// `kernel` or `userspace`.
Result<BackendKind> parse_backend_kind(std::string_view text);
std::string_view to_string(BackendKind kind);

/// WireGuard on this machine. Calls block; a backend may be used from one thread at a time.
///
/// Errors say what was being done to which interface: kNotFound when there is no such WireGuard interface, kPermission
/// without CAP_NET_ADMIN (the message names the remedy), kUnsupported when the kernel has no WireGuard or no userspace
/// implementation is installed, kUnreachable when that one does not answer.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual BackendKind kind() const = 0;
  /// How many peers a device takes at most; none: nobody gets there. More in one update make all of it fail.
  virtual std::optional<std::size_t> max_peers() const { return std::nullopt; }
  /// The names of all WireGuard interfaces of this backend.
  virtual Result<std::vector<InterfaceName>> list() = 0;
  virtual Result<Device> get(const InterfaceName& name) = 0;
  /// Makes an empty interface, down. Fails with kAlreadyExists when any link has this name.
  virtual Result<void> create(const InterfaceName& name) = 0;
  /// Never creates an interface. An empty update sends nothing.
  virtual Result<void> apply(const InterfaceName& name, const DeviceUpdate& update) = 0;
  /// Returns when the link is gone. Never removes a link that is not WireGuard's.
  virtual Result<void> remove(const InterfaceName& name) = 0;
};

std::unique_ptr<Backend> kernel_backend();

/// Where userspace implementations live. Defaults are the system's; tests replace them.
struct UserspaceOptions {
  std::string socket_folder = "/var/run/wireguard";
  /// The program to start with the interface's name as its argument. Empty: $WG_USERSPACE_IMPLEMENTATION, or
  /// $WG_QUICK_USERSPACE_IMPLEMENTATION, or `wireguard-go`.
  std::string implementation;
};
std::unique_ptr<Backend> userspace_backend(UserspaceOptions options = {});

/// The backend for `name`: the one that `asked` names; else the one that runs the interface already; else the kernel's, or,
/// when the kernel has no WireGuard and an implementation is installed, userspace, after `notice` was told so.
std::unique_ptr<Backend> choose_backend(std::optional<BackendKind> asked, const InterfaceName& name,
                                        const std::function<void(std::string_view)>& notice);

/// Names of all WireGuard interfaces that `asked` (or, without, either backend) drives, each with its backend's kind.
struct FoundInterface {
  InterfaceName name;
  BackendKind backend;
};
Result<std::vector<FoundInterface>> list_interfaces(std::optional<BackendKind> asked);

}  // namespace innernet::wg
