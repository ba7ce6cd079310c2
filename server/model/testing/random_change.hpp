#pragma once

#include <random>

#include "fixture.hpp"

namespace innernet::server::testing {

/// One change of a random kind to something random. Names, keys and addresses are of small pools, so that the rules refuse many.
inline Result<void> random_change(std::mt19937& random, Registry::Writer& writer, const Network& network) {
  const auto pick = [&](std::size_t n) { return static_cast<unsigned>(random() % n); };
  const auto one_of = [&](const auto& all) { return std::next(all.begin(), pick(all.size()))->first; };
  const auto cidrs = network.cidrs();
  const Cidr& cidr = cidrs[pick(cidrs.size())];
  const PeerId peer = network.peers().empty() ? PeerId{99} : one_of(network.peers());
  const auto drop = [](const auto& done) -> Result<void> {
    if (!done) return std::unexpected(done.error());
    return {};
  };
  switch (pick(12)) {
    case 0:
    case 1:
    case 2: {
      const auto ip = cidr.cidr.address().plus(pick(6));
      auto contents = peer_contents(fmt::format("p{}", pick(40)), ip.value_or(cidr.cidr.address()), cidr.id, 1000 + pick(60));
      contents.is_redeemed = pick(2) == 0;
      contents.is_disabled = pick(4) == 0;
      contents.is_admin = pick(4) == 0;
      if (pick(3) == 0) contents.invite_expires = UnixTime{1'700'000'000 + pick(200'000'000), 0};
      return drop(writer.add_peer(contents));
    }
    case 3:
    case 4:
    case 5: {
      const PeerRecord* record = network.find_peer(peer);
      if (record == nullptr) return {};
      auto change = PeerChange::to(record->peer);
      switch (pick(5)) {
        case 0:
          change.name = must(Hostname::parse(fmt::format("p{}", pick(40))));
          break;
        case 1:
          change.is_disabled = !change.is_disabled;
          break;
        case 2:
          change.endpoint = pick(2) == 0 ? std::nullopt : std::optional(must(Endpoint::parse(fmt::format("198.51.100.{}:7", pick(9)))));
          break;
        case 3:
          change = PeerChange::with_relay(record->peer, !record->peer.is_relay);
          if (change.is_relay && pick(3) > 0) change.relay = RelayOfPeer{.public_key = key_of(2000 + pick(9)), .port = 51821};
          break;
        default:
          change.candidates.assign(pick(3), must(Endpoint::parse(fmt::format("192.168.1.{}:8", pick(9)))));
      }
      return drop(writer.update_peer(peer, change));
    }
    case 6:
      return drop(writer.redeem_peer(peer, key_of(1000 + pick(60))));
    case 7:
      return writer.delete_unredeemed_peer(peer);
    case 8: {
      const auto ip = cidr.cidr.address().plus(pick(3) * std::uint64_t{64});
      return drop(writer.add_cidr({fmt::format("c{}", pick(12)),
                                   must(IpNet::make(ip.value_or(cidr.cidr.address()), static_cast<std::uint8_t>(24 + pick(8)))),
                                   pick(8) == 0 ? std::nullopt : std::optional(cidr.id)}));
    }
    case 9:
      return pick(2) == 0 ? writer.delete_cidr(cidr.id) : drop(writer.rename_cidr(cidr.id, fmt::format("c{}", pick(12))));
    case 10:
      return drop(writer.add_association({cidr.id, cidrs[pick(cidrs.size())].id}));
    default:
      return network.associations().empty() ? Result<void>() : writer.delete_association(one_of(network.associations()));
  }
}

/// What tells one model from the other by what it says, indexes included; empty if nothing does.
inline std::string difference_of_models(const Network& a, const Network& b) {
  if (!same_rows(a, b)) return "other rows";
  if (a.on_device() != b.on_device()) return "another number of peers on the device";
  if (const auto end_of_time = WallTime(std::chrono::seconds(4'000'000'000));
      a.expired_invitations(end_of_time) != b.expired_invitations(end_of_time))
    return "other invitations";
  for (const auto& [id, record] : a.peers()) {
    const auto finds = [&](const Network& network, const auto& key) {
      const PeerRecord* found = network.find_peer(key);
      return found != nullptr && found->peer.id == id;
    };
    for (const Network* network : {&a, &b})
      if (!finds(*network, record.peer.ip) || !finds(*network, record.peer.public_key) ||
          !finds(*network, std::string_view(record.peer.name.str())))
        return fmt::format("peer {} is not found", number(id));
  }
  for (const Cidr& cidr : a.cidrs()) {
    const auto members = [&](const Network& network) {
      std::vector<PeerId> all;
      const auto peers = network.peers_of(cidr.id);
      for (const PeerRecord* record : peers) all.push_back(record->peer.id);
      return all;
    };
    const std::array self{cidr.id};
    if (members(a) != members(b)) return fmt::format("other peers of CIDR {}", number(cidr.id));
    if (a.visible_roots(cidr.id) != b.visible_roots(cidr.id)) return fmt::format("another view of CIDR {}", number(cidr.id));
    if (a.with_descendants(self) != b.with_descendants(self)) return fmt::format("other CIDRs below {}", number(cidr.id));
    if (a.find_cidr(std::string_view(cidr.name)) == nullptr) return fmt::format("CIDR {} is not found", number(cidr.id));
    if (a.check_cidr_deletion(cidr.id).has_value() != b.check_cidr_deletion(cidr.id).has_value())
      return fmt::format("CIDR {} may be deleted in one", number(cidr.id));
    for (const Cidr& other : b.cidrs()) {
      const bool in_a = a.find_association(cidr.id, other.id) != nullptr;
      if (in_a != (b.find_association(cidr.id, other.id) != nullptr)) return "other associations";
    }
  }
  return {};
}

}  // namespace innernet::server::testing
