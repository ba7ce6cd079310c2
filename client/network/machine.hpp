#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "innernet/client/options.hpp"
#include "innernet/client/resolver.hpp"
#include "innernet/machine/network_stack.hpp"
#include "innernet/wireguard/backend.hpp"
#include "probe_budget.hpp"
#include "wait.hpp"

namespace innernet::client {

/// All of the machine that a fetch touches beside files and the server's socket. Values of one network's thread.
struct Machine {
  wg::Backend& backend;
  NetworkStack& stack;
  Resolver& resolver;
  Wait& wait;
  const Stop* stop;
  std::function<Result<std::vector<IpAddress>>()> local_addresses;  ///< those that may be candidates

  std::function<void(const IpAddress&)> poke = [](const IpAddress&) {};  ///< see poke.hpp
  ProbeBudget* probes = nullptr;                                         ///< null: there is no limit
  bool server_on_loopback = false;                                       ///< only of tests

  const Clock& clock() const { return wait.clock(); }
  /// Through which alone the server of that network is spoken to.
  std::optional<InterfaceName> api_interface(const InterfaceName& network) const {
    return server_on_loopback ? std::nullopt : std::optional(network);
  }
};

/// The real one.
class SystemMachine {
 public:
  /// `resolver` may be shared between networks.
  static Result<SystemMachine> create(const ClientOptions& options, const InterfaceName& name, const Stop& stop,
                                      std::shared_ptr<Resolver> resolver = {});

  Machine machine();

 private:
  SystemMachine(std::unique_ptr<wg::Backend> backend, std::shared_ptr<Resolver> resolver, SystemWait wait, const Stop& stop,
                Folders folders, InterfaceName name)
      : backend_(std::move(backend)),
        resolver_(std::move(resolver)),
        wait_(std::move(wait)),
        stop_(&stop),
        folders_(std::move(folders)),
        name_(std::move(name)) {}

  std::unique_ptr<wg::Backend> backend_;
  std::shared_ptr<Resolver> resolver_;
  SystemWait wait_;
  const Stop* stop_;
  Folders folders_;
  InterfaceName name_;
};

/// Addresses of this machine that another peer may try: without those of innernet's own interfaces, the server's on this machine among
/// them.
Result<std::vector<IpAddress>> candidate_addresses(const Folders& folders);

}  // namespace innernet::client
