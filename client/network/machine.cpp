#include "machine.hpp"

#include "poke.hpp"

#include "innernet/machine/local_addresses.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {

Result<std::vector<IpAddress>> candidate_addresses(const Folders& folders) {
  std::vector<InterfaceName> own = interfaces_with_config(folders.config);
  for (InterfaceName& name : interfaces_with_config(Folders::of_server().config)) own.push_back(std::move(name));
  return local_candidates(own);
}

Result<SystemMachine> SystemMachine::create(const ClientOptions& options, const InterfaceName& name, const Stop& stop,
                                            std::shared_ptr<Resolver> resolver) {
  TRY(SystemWait wait, SystemWait::create(stop));
  auto backend = wg::choose_backend(options.network.backend, name, [](std::string_view notice) { log::info("{}", notice); });
  if (!resolver) resolver = std::make_shared<Resolver>();
  return SystemMachine(std::move(backend), std::move(resolver), std::move(wait), stop, options.folders, name);
}

Machine SystemMachine::machine() {
  static ProbeBudget of_all_networks;
  return {.backend = *backend_,
          .stack = system_network_stack(),
          .resolver = *resolver_,
          .wait = wait_,
          .stop = stop_,
          .local_addresses = [folders = folders_] { return candidate_addresses(folders); },
          .poke = udp_poke(name_),
          .probes = &of_all_networks};
}

}  // namespace innernet::client
