#include "fetch_wait.hpp"

#include <algorithm>
#include <unordered_map>

#include "fetch_round.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/handshakes.hpp"
#include "innernet/client/networks.hpp"

namespace innernet::client {
namespace {

// A peer that comes up tells the server where it is, and we are told by the next round.
constexpr std::chrono::seconds kBetweenRounds{5};
constexpr std::chrono::milliseconds kBetweenLooks{200};

/// As if somebody stopped at the end of the patience.
class PatientWait final : public Wait {
 public:
  PatientWait(Wait& wait, BootTime end) : wait_(wait), end_(end) {}

  const Clock& clock() const override { return wait_.clock(); }
  bool stopped() const override { return wait_.stopped() || is_over(); }
  bool until(BootTime deadline) override { return wait_.until(std::min(deadline, end_)) && !is_over(); }
  bool is_over() const { return clock().boot() >= end_; }

 private:
  Wait& wait_;
  BootTime end_;
};

Machine with_wait(const Machine& machine, Wait& wait) {
  return {.backend = machine.backend,
          .stack = machine.stack,
          .resolver = machine.resolver,
          .wait = wait,
          .stop = machine.stop,
          .local_addresses = machine.local_addresses,
          .poke = machine.poke,
          .probes = machine.probes,
          .server_on_loopback = machine.server_on_loopback};
}

}  // namespace

std::vector<wg::PublicKey> unreached(std::span<const Peer> peers, const wg::Device& device, WallTime now) {
  std::unordered_map<wg::PublicKey, const wg::Peer*> there;
  for (const wg::Peer& peer : device.peers) there.emplace(peer.public_key, &peer);
  std::vector<wg::PublicKey> out;
  for (const Peer& peer : peers) {
    const auto on_device = there.find(peer.public_key);
    if (peer.is_disabled || on_device == there.end()) continue;
    const bool is_known_somewhere = on_device->second->endpoint || peer.endpoint || !peer.candidates.empty();
    if (is_known_somewhere && !is_recent(on_device->second->last_handshake, now)) out.push_back(peer.public_key);
  }
  return out;
}

Result<std::vector<wg::PublicKey>> fetch_and_wait_on(const ClientOptions& options, const InterfaceName& name, Machine& machine,
                                                     std::chrono::seconds patience) {
  TRY(const InterfaceConfig config, read_config(options.folders, name));
  PatientWait wait(machine.wait, machine.clock().boot() + patience);
  Machine patient = with_wait(machine, wait);
  FetchMemory memory;
  for (;;) {
    RoundResult result;
    {
      TRY(RoundLock lock, RoundLock::take(options.folders, name, machine.stop));
      TRY(result, fetch_round(options, name, machine, memory, Caller::kFetch, &lock));
    }
    TRY(const auto store, DataStore::load(options.folders.data_store(name)));
    const bool server_answered = result.server_answered;
    // They have a session already.
    result.relayed.clear();
    traverse_due(options, name, config.address.truncated(), patient, std::move(result), memory.handshakes);

    // Who is silent will not say more when it is asked again.
    const BootTime next_round = server_answered ? machine.clock().boot() + kBetweenRounds : BootTime::max();
    for (bool goes_on = true; goes_on;) {
      TRY(const wg::Device device, machine.backend.get(name));
      auto left = store ? unreached(store->state().peers, device, machine.clock().wall()) : std::vector<wg::PublicKey>();
      if (left.empty() || wait.is_over()) return left;
      if (machine.wait.stopped()) return fail(ErrorKind::kInterrupted, "interrupted");
      goes_on = machine.clock().boot() < next_round;
      if (goes_on) wait.until(machine.clock().boot() + kBetweenLooks);
    }
  }
}

Result<std::vector<wg::PublicKey>> fetch_and_wait(const ClientOptions& options, const InterfaceName& name, const Stop& stop,
                                                  std::chrono::seconds patience) {
  TRY(SystemMachine system, SystemMachine::create(options, name, stop));
  Machine machine = system.machine();
  return fetch_and_wait_on(options, name, machine, patience);
}

}  // namespace innernet::client
