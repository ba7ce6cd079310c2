#pragma once

#include <string>
#include <vector>

#include "round.hpp"
#include "round_lock.hpp"

namespace innernet::client {

struct RoundResult {
  bool server_answered = false;
  std::vector<TraversalPeer> due{};
  std::vector<TraversalPeer> relayed{};  ///< who may be reached directly, some day
  std::vector<UsedRelay> used_relays{};
  std::vector<SocketAddress> relays{};
  BootTime updated_at{};
  OwnSide own{};
  bool is_relay = false;  ///< this machine is to be one
  std::uint16_t listen_port = 0;
};

/// Brings interface, hosts file and data store in line with the server's state, or with the cached one when the server can't be reached,
/// and reports our candidates. The caller has taken the network's `lock`, which is let go of while the server is asked and in the end;
/// without one the caller holds it throughout. What follows is traverse_due(), without it.
Result<RoundResult> fetch_round(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory,
                                Caller caller, RoundLock* lock = nullptr);

struct TraversalOptions {
  TraversalTimes times{};
  Audience audience = Audience::kWaits;
  std::chrono::milliseconds patience{200};  ///< with another process: RelayCare holds others up for a moment only
};

/// Keeps rounds away from the device while it is held; null: one is at it.
TryLock try_lock_of(const ClientOptions& options, const InterfaceName& name, const Stop* stop);

/// Tries those who are relayed directly. Only the daemon does, which knows when it has done so last. A failure is only warned about.
void try_relayed(const ClientOptions& options, const InterfaceName& name, const IpNet& network, Machine& machine,
                 const RoundResult& result);

/// Keeps traverse_due() from beginning while it is held; null: it is at it.
TryLock try_traversal_of(const ClientOptions& options, const InterfaceName& name);

/// NAT traversal for those who are due, unless another process is at it (a daemon beside a command): then they are left to that one. Its
/// failure is only warned about: the next round tries again.
void traverse_due(const ClientOptions& options, const InterfaceName& name, const IpNet& network, Machine& machine, RoundResult result,
                  Handshakes handshakes, const TraversalOptions& traversal = {});

/// One fetch with its own memory and the network's lock: what fetch() and up() do on the given machine.
Result<void> fetch_once(const ClientOptions& options, const InterfaceName& name, Machine& machine, Caller caller);

}  // namespace innernet::client
