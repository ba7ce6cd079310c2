#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "internet.hpp"

namespace innernet::simulation {

struct SitePlan {
  Kind kind = Kind::kOpen;
  unsigned private_network = 0;
  bool hairpin = false;
  std::chrono::seconds timeout{120};
};

struct PeerPlan {
  unsigned site = 0;
  unsigned group = 0;
  std::chrono::milliseconds joins{0};
  std::chrono::milliseconds delay{10};
};

struct Disturbance {
  enum class What {
    kRouterRestarts,    ///< of the site `subject`: it forgets who has sent what
    kAddressChanges,    ///< of the router of the site `subject`
    kMoves,             ///< the peer `subject`, to the site `object`
    kServerRestarts,    ///< and its relay with it
    kServerIsAway,      ///< the machine
    kIpv6Vanishes,      ///< at the site `subject`
    kClockIsSet,        ///< of the peer `subject`, by `object` minutes
    kSleeps,            ///< the peer `subject` is off
    kIsDisabled,        ///< the peer `subject`
    kLosesAssociation,  ///< the association `subject` is taken away
    kOnlyServer,        ///< the site `subject` reaches nobody but the server and its relay, and nobody else reaches it
    kDaemonDies,        ///< of the peer `subject`, and its relay with it; WireGuard stays
    kRelayChanges       ///< the peer `subject` is made a relay, or is one no longer
  };
  What what{};
  std::chrono::seconds at{0};
  std::chrono::seconds lasts{0};
  unsigned subject = 0, object = 0;

  std::string to_string() const;
};

/// What makes a run. The same plan gives the same run.
struct Plan {
  std::uint64_t seed = 0;
  unsigned groups = 1;
  std::vector<std::pair<unsigned, unsigned>> associations{};
  std::vector<SitePlan> sites{};
  std::vector<PeerPlan> peers{};
  std::vector<std::pair<unsigned, unsigned>> talking{};  ///< peers that send each other something each second
  std::vector<Disturbance> disturbances{};
  std::chrono::seconds lasts{0};
  double loss = 0;
  std::vector<unsigned> relays{};  ///< peers that are some
  bool has_server_relay = true;
};

struct PlanOptions {
  unsigned peers = 24;
  std::chrono::minutes lasts{60};
  bool has_disturbances = true;
  bool only_moves = false;  ///< of the disturbances those that the peers themselves notice: they move, and IPv6 goes and comes back
  double loss = 0.005;
  unsigned relays = 0;  ///< the first peers, where everybody reaches them
  bool has_server_relay = true;
};
Plan make_plan(std::uint64_t seed, const PlanOptions& options);
/// Two peers, the second of which comes a minute after the first.
Plan make_pair(Kind one, Kind other);
/// The same two, which are kept apart by somebody in between for the first minute and a half, and relayed therefore.
Plan make_kept_apart(Kind one, Kind other, std::uint64_t seed = 1);

}  // namespace innernet::simulation
