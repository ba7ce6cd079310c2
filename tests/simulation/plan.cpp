#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <tuple>

namespace innernet::simulation {

using namespace std::chrono_literals;

std::string Disturbance::to_string() const {
  const auto text = [&]() -> std::string {
    switch (what) {
      case What::kRouterRestarts:
        return fmt::format("the router of site {} restarts", subject);
      case What::kAddressChanges:
        return fmt::format("site {} gets another address", subject);
      case What::kMoves:
        return fmt::format("peer {} moves to site {}", subject, object);
      case What::kServerRestarts:
        return fmt::format("the server and its relay restart, in {} s", lasts.count());
      case What::kServerIsAway:
        return fmt::format("the server's machine is off for {} s", lasts.count());
      case What::kIpv6Vanishes:
        return fmt::format("site {} has no IPv6 for {} s", subject, lasts.count());
      case What::kClockIsSet:
        return fmt::format("the clock of peer {} is set {} minutes back", subject, object);
      case What::kSleeps:
        return fmt::format("peer {} is off for {} s", subject, lasts.count());
      case What::kIsDisabled:
        return fmt::format("peer {} is disabled for {} s", subject, lasts.count());
      case What::kLosesAssociation:
        return fmt::format("association {} is missing for {} s", subject, lasts.count());
      case What::kOnlyServer:
        return fmt::format("site {} reaches only the server for {} s", subject, lasts.count());
      case What::kDaemonDies:
        return fmt::format("the daemon of peer {} dies, and comes back in {} s", subject, lasts.count());
      case What::kRelayChanges:
        return fmt::format("peer {} is made a relay, or is none any more, for {} s", subject, lasts.count());
    }
    return {};
  };
  return fmt::format("{:5} s  {}", at.count(), text());
}

namespace {

using What = Disturbance::What;

std::tuple<std::chrono::seconds, What, unsigned, unsigned> order_of(const Disturbance& one) {
  return {one.at, one.what, one.subject, one.object};
}

// By numbers of its own, so that a seed without relays is what it was.
void add_relays(Plan& plan, const PlanOptions& options) {
  std::mt19937_64 random(plan.seed * 104'729 + 5);
  const auto below = [&](std::uint64_t n) { return static_cast<unsigned>(random() % n); };
  plan.has_server_relay = options.has_server_relay;
  for (unsigned relay = 0; relay < options.relays; ++relay) {
    plan.relays.push_back(relay);
    plan.peers[relay].site = 0;
    plan.peers[relay].joins = std::chrono::seconds(relay);
  }
  if (!options.has_disturbances || options.relays == 0) return;
  const auto until = static_cast<std::uint64_t>(std::chrono::seconds(options.lasts).count()) * 2 / 3;
  for (unsigned i = 0; i < 4 * options.relays; ++i) {
    constexpr What kWhats[] = {What::kDaemonDies, What::kDaemonDies, What::kSleeps, What::kMoves, What::kRelayChanges, What::kRelayChanges};
    Disturbance one{.what = kWhats[below(6)],
                    .at = std::chrono::seconds(90 + random() % until),
                    .lasts = std::chrono::seconds(10 + below(400)),
                    .subject = below(options.relays)};
    // Any peer is made one, now and then: also one that nobody reaches.
    if (one.what == What::kRelayChanges && below(2) == 0) one.subject = below(options.peers);
    if (one.what == What::kMoves) one.lasts = std::chrono::seconds(2);
    plan.disturbances.push_back(one);
  }
}

}  // namespace

Plan make_plan(std::uint64_t seed, const PlanOptions& options) {
  std::mt19937_64 random(seed * 7919 + 17);
  const auto below = [&](std::uint64_t n) { return static_cast<unsigned>(random() % n); };
  Plan plan{.seed = seed, .groups = std::max(2U, options.peers / 12), .lasts = options.lasts, .loss = options.loss};
  for (unsigned group = 1; group < plan.groups; ++group)
    if (below(2) == 0) plan.associations.emplace_back(below(group), group);
  // Some have the same private network, as home routers come with it.
  const unsigned sites = std::max(4U, options.peers * 2 / 3);
  for (unsigned site = 0; site < sites; ++site)
    plan.sites.push_back({.kind = site < kKinds.size() ? kKinds[site] : kKinds[below(kKinds.size())],
                          .private_network = below(3) == 0 ? 1 : site % 250 + 2,
                          .hairpin = below(2) == 0,
                          .timeout = std::chrono::seconds(40 + below(200))});
  for (unsigned peer = 0; peer < options.peers; ++peer)
    plan.peers.push_back({.site = below(sites),
                          .group = below(plan.groups),
                          .joins = std::chrono::milliseconds(below(60'000)),
                          .delay = std::chrono::milliseconds(2 + below(60))});
  for (unsigned pair = 0; pair < options.peers; ++pair) {
    const unsigned one = below(options.peers), other = below(options.peers);
    if (one != other) plan.talking.emplace_back(std::min(one, other), std::max(one, other));
  }
  add_relays(plan, options);
  if (!options.has_disturbances) return plan;
  // The last third of the time is quiet.
  const auto until = static_cast<std::uint64_t>(std::chrono::seconds(options.lasts).count()) * 2 / 3;
  const unsigned count = options.only_moves ? options.peers : std::max(4U, options.peers / 2);
  for (unsigned i = 0; i < count; ++i) {
    Disturbance one{.what = static_cast<What>(below(11)),
                    .at = std::chrono::seconds(90 + random() % until),
                    .lasts = std::chrono::seconds(10 + below(240))};
    if (options.only_moves) one.what = below(4) == 0 ? What::kIpv6Vanishes : What::kMoves;
    switch (one.what) {
      case What::kRouterRestarts:
      case What::kAddressChanges:
      case What::kIpv6Vanishes:
      case What::kOnlyServer:
        one.subject = below(sites);
        break;
      case What::kMoves:
        one.subject = below(options.peers);
        one.object = below(sites);
        one.lasts = std::chrono::seconds(2);
        break;
      case What::kServerRestarts:
        one.lasts = std::chrono::seconds(1 + below(5));
        break;
      case What::kServerIsAway:
        break;
      case What::kClockIsSet:
        one.subject = below(options.peers);
        one.object = below(600);
        break;
      case What::kSleeps:
      case What::kIsDisabled:
        one.subject = below(options.peers);
        break;
      case What::kLosesAssociation:
        if (plan.associations.empty()) continue;
        one.subject = below(plan.associations.size());
        break;
      case What::kDaemonDies:
      case What::kRelayChanges:
        break;
    }
    plan.disturbances.push_back(one);
  }
  std::ranges::sort(plan.disturbances, {}, order_of);
  return plan;
}

Plan make_pair(Kind one, Kind other) {
  Plan plan{.seed = 1, .lasts = 20min};
  plan.sites = {{.kind = one, .private_network = 2}, {.kind = other, .private_network = 3}};
  plan.peers = {{.site = 0}, {.site = 1, .joins = 60s}};
  plan.talking = {{0, 1}};
  return plan;
}

Plan make_kept_apart(Kind one, Kind other, std::uint64_t seed) {
  Plan plan = make_pair(one, other);
  plan.seed = seed;
  plan.lasts = 25min;
  for (const unsigned site : {0U, 1U})
    plan.disturbances.push_back(
        {.what = Disturbance::What::kOnlyServer, .at = 30s, .lasts = 60s + std::chrono::seconds(seed % 60), .subject = site});
  return plan;
}

}  // namespace innernet::simulation
