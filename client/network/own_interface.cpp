#include "own_interface.hpp"

#include "innernet/machine/log.hpp"
#include "server_peer.hpp"

namespace innernet::client {
namespace {

constexpr std::chrono::milliseconds kFresh{1000};

Result<void> bring_up(const Round& round) {
  const auto& [options, name, config, machine, memory, caller] = round;
  memory.forget_interface();
  log::info("bringing up interface {}", name.str());
  machine.resolver.forget_failures_of(config.server_external_endpoint);
  machine.resolver.look_up({&config.server_external_endpoint, 1}, machine.clock(), machine.stop);
  const wg::DeviceUpdate update{
      .private_key = config.private_key, .listen_port = config.listen_port, .fwmark = {}, .peers = {server_peer(config, machine.resolver)}};
  if (!update.peers.front().endpoint)
    log::warning("the server's name in {} has no address now; it is looked up again later",
                 quoted(config.server_external_endpoint.to_string()));
  return innernet::bring_up(machine.backend, name, config.address, update, options.network, nullptr, machine.stack);
}

}  // namespace

bool DeviceReading::is_fresh(BootTime now) const { return device && now - read_at < kFresh; }

Result<DeviceReading> own_interface(const Round& round, const std::optional<wg::PublicKey>& invitation) {
  const auto& [options, name, config, machine, memory, caller] = round;
  for (bool has_new_key = false;; has_new_key = true) {
    TRY(auto found, interface_status(machine.backend, name, config.address, config.private_key, options.network, machine.stack));
    switch (has_new_key ? interface_action(caller, found, std::nullopt, 0) : interface_action(caller, found, invitation, memory.own_link)) {
      case InterfaceAction::kUse:
        memory.own_link = found.link_index;
        return DeviceReading{.device = std::move(found.device), .read_at = machine.clock().boot()};
      case InterfaceAction::kTakePermanentKey:
        if (found.link_index == memory.own_link)
          log::warning("the private key of interface {} was changed by somebody else; putting it back", name.str());
        TRY_VOID(machine.backend.apply(name, {.private_key = config.private_key, .listen_port = {}, .fwmark = {}, .peers = {}}));
        break;
      case InterfaceAction::kBringUp:
        TRY_VOID(bring_up(round));
        if (const auto link = machine.stack.find_link(name); link && *link) memory.own_link = (*link)->index;
        return DeviceReading{};
      case InterfaceAction::kRefuse:
        memory.forget_interface();
        return std::unexpected(refusal(found.status, name));
    }
  }
}

}  // namespace innernet::client
