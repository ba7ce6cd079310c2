#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/client/mapping_report.hpp"
#include "innernet/client/pair_record.hpp"
#include "innernet/client/round_trip.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/peer.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// A network that is up.
struct NetworkView {
  const wg::Device& device;
  const State& state;                    ///< the data store; may be empty
  std::optional<IpAddress> own_address;  ///< of the config, when it could be read
  const std::map<IpAddress, Endpoint>& overrides;
  WallTime now;
  const std::vector<Relay>& relays;         ///< whose keys are on the device, though they are no peers to anybody
  const PairRecords* pairs = nullptr;       ///< null: nothing is remembered
  const RoundTrips* round_trips = nullptr;  ///< null: nobody was asked
  MappingReport mapping{};                  ///< of the own port, as it stands now
};

/// A peer of a view: what the device has, what the state says about it, what is remembered of it.
struct PeerRow {
  std::string name;  ///< `unknown` when the state does not know it
  wg::PublicKey public_key;
  std::optional<IpAddress> ip;
  std::optional<CidrId> cidr;
  const wg::Peer* on_device = nullptr;  ///< null: ourselves
  bool is_overridden = false;
  bool is_known = false;
  Way way = Way::kNone;
  std::optional<std::string> relayed_by{};                              ///< the name of the peer that the relay runs on
  std::optional<WallTime> since{};                                      ///< it is connected that way, or not at all; none: not known
  std::vector<WayTried> tries{};                                        ///< without an answer; none for who is connected directly
  std::optional<std::optional<std::chrono::nanoseconds>> round_trip{};  ///< none: was not asked; none inside: does not answer

  bool is_you() const { return on_device == nullptr; }
};

/// The peers on the device and ourselves, by address; those without one last.
std::vector<PeerRow> peer_rows(const NetworkView& view);

/// Where the device has relays, and the names of the peers that they run on.
std::map<SocketAddress, std::string> relays_on_device(const NetworkView& view);

/// Whom a ping may tell something about: peers with a session, at most kMostPinged.
std::vector<IpAddress> addresses_to_ping(const std::vector<PeerRow>& rows);

/// How long ago something was. None: not known, for this machine's clock was set back since.
std::optional<std::chrono::nanoseconds> age_of(WallTime moment, WallTime now);

}  // namespace innernet::client
