#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "background_traversal.hpp"
#include "fetch_round.hpp"
#include "innernet/client/nudge.hpp"
#include "innernet/client/options.hpp"
#include "innernet/client/stop.hpp"
#include "life_sign.hpp"
#include "port_mapping/port_mapper.hpp"
#include "round_schedule.hpp"

namespace innernet::client {

/// Waits until `deadline` for news of the state that `memory` has, with a server that can hold a request. What comes is left in
/// memory.news. After an answer without any that came too early for one that was held back it pauses, up to `longest_pause`.
Waited wait_for_news(FetchMemory& memory, const Clock& clock, const Stop& stop, const Nudge& nudge, BootTime deadline,
                     std::chrono::seconds longest_pause = std::chrono::seconds(60));

/// One network of the daemon, in a thread of its own, until its config is gone or it is stopped.
class NetworkWorker {
 public:
  /// `on_end` is called from the thread as the last thing that it does.
  static Result<std::unique_ptr<NetworkWorker>> start(const ClientOptions& options, const InterfaceName& name,
                                                      std::chrono::seconds interval, std::shared_ptr<Resolver> resolver,
                                                      std::function<void()> on_end);
  NetworkWorker(const NetworkWorker&) = delete;
  NetworkWorker& operator=(const NetworkWorker&) = delete;
  /// Stops it and waits for its end.
  ~NetworkWorker();

  void request_stop() { stop_.request(); }
  /// Something has changed outside: the next round begins now, with a new connection. One that waits for the server, which it has asked
  /// from elsewhere, ends.
  void nudge() {
    changed_outside_.give();
    nudge_.give();
  }
  bool has_ended() const { return ended_; }
  /// It was not heard of for longer than a slow server or a long wait explain.
  bool is_late(BootTime now) const { return life_.is_late(now); }

 private:
  NetworkWorker(Stop stop, Nudge nudge, Nudge changed_outside, ClientOptions options, InterfaceName name, std::chrono::seconds interval,
                std::shared_ptr<Resolver> resolver);
  void run();
  void rounds(Machine& machine);
  struct Relays;
  struct Beside;
  /// Whether the server has answered. Traversal goes on beside it.
  bool one_round(Machine& machine, FetchMemory& memory, Beside& beside, Relays& relays);
  bool config_is_gone() const;
  void with_machine(const Stop& stop, const std::function<void(const IpNet& network, Machine& machine)>& action);
  /// None: it is not wanted, or can't be had.
  std::unique_ptr<PortMapper> start_port_mapper();
  void map_port(std::uint16_t listen_port);
  /// To the commands, when there is something new.
  void tell_of_mapping(std::uint16_t listen_port);
  void pause(BootTime deadline);

  Stop stop_;
  Nudge nudge_, changed_outside_;
  SystemClock clock_;
  ClientOptions options_;
  InterfaceName name_;
  std::chrono::seconds interval_;
  std::shared_ptr<Resolver> resolver_;
  LifeSign life_;
  std::unique_ptr<PortMapper> port_mapper_;
  std::uint16_t mapped_port_ = 0;
  PcpNonce nonce_{};
  MappingReport told_of_mapping_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace innernet::client
