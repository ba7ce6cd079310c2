#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "endpoint_schedule.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/server/serve.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "relay_host.hpp"

namespace innernet::simulation {

inline constexpr Identity kServer = 1'000'000, kRelay = 1'000'001;
inline constexpr std::uint16_t kServerPort = 51820, kRelayPort = 51821;

/// What a request has come to: no response is a connection that was refused or closed.
using Answered = std::function<void(std::optional<server::Response>)>;

/// The project's Coordinator on a database in a temporary folder, with what Service does about it: when the device is looked at, what
/// states tell of the relay, who waits for news. The real relay beside it. Its answers go through the tunnel.
class Server {
 public:
  enum class OwnRelay { kThere, kNone };
  Server(Events& events, Internet& internet, Identities& identities, unsigned groups, std::uint64_t seed,
         OwnRelay own_relay = OwnRelay::kThere);

  // What an administrator does at the server, in another process.
  PeerId add_peer(Identity identity, const std::string& name, unsigned group, unsigned number);
  void set_disabled(PeerId id, bool is_disabled);
  AssociationId associate(unsigned one, unsigned other);
  void dissociate(AssociationId id);
  void set_relay(PeerId id, bool is_relay);

  /// `answered` is called on the server's side: what it does travels by itself.
  void on_request(server::Request request, Answered answered);

  void stop();
  void start();
  bool is_running() const { return coordinator_.has_value(); }
  /// The machine: its WireGuard forgets all.
  void power_off();
  void power_on();

  static IpAddress ip() { return IpAddress::parse("10.66.0.1").value(); }
  static IpAddress ip_of(unsigned group, unsigned number) { return ip().plus(256ULL * (group + 1) + number).value(); }
  static IpNet network() { return IpNet::parse("10.66.0.0/16").value(); }
  Endpoint external_endpoint() const { return Endpoint::of({*host_.v4, kServerPort}); }
  const wg::PublicKey& key() const { return identities_.key(kServer); }
  /// As its answers say; it is not set right.
  WallTime wall() const { return events_.clock().wall() + wall_offset_; }
  Host& host() { return host_; }
  WireGuard& device() { return device_; }
  RelayHost& relay() { return relay_; }

 private:
  struct Waiting {
    server::Request request;
    BootTime until;
    Answered answered;
    CidrId group{};
  };

  void write(const std::function<Result<void>(server::Registry::Writer&)>& change);
  void turn(const std::function<void()>& within);
  void answer(server::Request request, Answered answered, std::optional<BootTime> until);
  void carry_out();
  void look_at_device();
  void look_at_relay();
  void renew_members();
  void tick();

  const bool has_relay_;
  Events& events_;
  Identities& identities_;
  std::uint64_t epoch_;
  std::chrono::minutes wall_offset_;
  innernet::testing::TempDir folder_;
  Host host_;
  WireGuard device_;
  RelayHost relay_;
  std::optional<server::Coordinator> coordinator_;
  std::optional<server::Registry> administrator_;
  server::ServeOptions options_;
  std::optional<server::EndpointSchedule> schedule_;
  BootTime next_relay_look_{}, next_check_{}, foreign_look_{}, members_due_ = BootTime::max();
  std::vector<Waiting> waiting_;
  std::vector<CidrId> groups_;
  std::uint64_t run_ = 0;
};

}  // namespace innernet::simulation
