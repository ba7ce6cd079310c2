#include <fmt/format.h>

#include <algorithm>

#include "innernet/server/network.hpp"

namespace innernet::server {
namespace {

std::unexpected<Error> not_found(std::string message) { return fail(ErrorKind::kNotFound, std::move(message)); }

std::string describe(const Cidr& cidr) { return fmt::format("CIDR {} ({})", quoted(cidr.name), cidr.cidr.to_string()); }

bool has_name(const QuarantinedPeer& row, const Hostname& name) { return row.name == name.str(); }
bool has_key(const QuarantinedPeer& row, const wg::PublicKey& key) {
  const auto parsed = wg::PublicKey::parse(row.public_key);
  return parsed && *parsed == key;
}
bool has_address(const QuarantinedPeer& row, const IpAddress& ip) {
  const auto parsed = IpAddress::parse(row.ip);
  return parsed && *parsed == ip;
}

}  // namespace

Result<const PeerRecord*> Network::existing_peer(PeerId id) const {
  if (const PeerRecord* record = find_peer(id)) return record;
  if (const auto row = quarantined_.find(id); row != quarantined_.end())
    return invalid_input(
        fmt::format("peer {} can't be changed, because its row in the database is not valid ({})", number(id), row->second.reason));
  return not_found(fmt::format("there is no peer with id {}", number(id)));
}

Result<void> Network::check_name_is_free(const Hostname& name, std::optional<PeerId> owner) const {
  const PeerRecord* holder = find_peer(std::string_view(name.str()));
  if (holder != nullptr && holder->peer.id != owner)
    return invalid_input(fmt::format("there is a peer named {} already", quoted(name.str())));
  for (const auto& [id, row] : quarantined_)
    if (has_name(row, name))
      return invalid_input(fmt::format("the name {} is taken by row {}, which is not valid", quoted(name.str()), number(id)));
  return {};
}

Result<void> Network::check_key_is_free(const wg::PublicKey& key, std::optional<PeerId> owner) const {
  const PeerRecord* holder = find_peer(key);
  if (holder != nullptr && holder->peer.id != owner) return invalid_input("another peer has this public key already");
  for (const auto& [id, row] : quarantined_)
    if (has_key(row, key)) return invalid_input(fmt::format("the public key is taken by row {}, which is not valid", number(id)));
  return {};
}

Result<void> Network::check_address(const IpAddress& ip, const Cidr& cidr) const {
  if (!cidr.cidr.contains(ip)) return invalid_input(fmt::format("the address {} is not inside {}", ip.to_string(), describe(cidr)));
  if (!cidr.cidr.is_assignable(ip))
    return invalid_input(fmt::format("{} is the first or the last address of {}, which no peer may have", ip.to_string(), describe(cidr)));
  if (const PeerRecord* holder = find_peer(ip))
    return invalid_input(fmt::format("the address {} belongs to peer {} already", ip.to_string(), quoted(holder->peer.name.str())));
  for (const auto& [id, row] : quarantined_)
    if (has_address(row, ip))
      return invalid_input(fmt::format("the address {} is taken by row {}, which is not valid", ip.to_string(), number(id)));
  return {};
}

Result<void> Network::check_new_peer(const PeerContents& contents) const {
  const Cidr* cidr = find_cidr(contents.cidr_id);
  if (cidr == nullptr) return not_found(fmt::format("there is no CIDR with id {}", number(contents.cidr_id)));
  TRY_VOID(check_address(contents.ip, *cidr));
  TRY_VOID(check_name_is_free(contents.name, std::nullopt));
  return check_key_is_free(contents.public_key, std::nullopt);
}

Result<void> Network::check_peer_update(PeerId id, const PeerChange& change) const {
  TRY(const PeerRecord* record, existing_peer(id));
  if (id == kServerPeer && change.name != record->peer.name) return invalid_input("the server itself can't be renamed");
  if (id == kServerPeer && change.is_disabled && !record->peer.is_disabled)
    return invalid_input("the server itself can't be disabled: everybody would be cut off");
  if (change.is_relay && !record->peer.is_relay) {
    if (id == kServerPeer) return invalid_input("the server relays by itself, unless it is told not to (--no-relay)");
    if (relays_.size() >= kMostPeerRelays)
      return invalid_input(fmt::format("there are {} relays already: let one end first", relays_.size()));
  }
  if (change.name == record->peer.name) return {};
  return check_name_is_free(change.name, id);
}

Result<void> Network::check_redemption(PeerId id, const wg::PublicKey& key) const {
  TRY(const PeerRecord* record, existing_peer(id));
  if (record->peer.is_redeemed) return invalid_input(fmt::format("peer {} has been redeemed already", quoted(record->peer.name.str())));
  if (record->peer.public_key == key) return invalid_input("the invitation's key can't become the permanent one");
  return check_key_is_free(key, id);
}

Result<void> Network::check_peer_deletion(PeerId id) const {
  TRY(const PeerRecord* record, existing_peer(id));
  if (record->peer.is_redeemed || id == kServerPeer)
    return invalid_input(fmt::format("peer {} has been redeemed: it can be disabled, but never deleted", quoted(record->peer.name.str())));
  return {};
}

Result<CidrContents> Network::check_new_cidr(const CidrContents& contents) const {
  CidrContents normal = contents;
  normal.cidr = contents.cidr.truncated();
  const std::string text = normal.cidr.to_string();
  if (normal.name.empty()) return invalid_input("a CIDR needs a name");
  if (find_cidr(normal.name) != nullptr) return invalid_input(fmt::format("there is a CIDR named {} already", quoted(normal.name)));
  if (!normal.parent) return invalid_input(fmt::format("{} needs a parent: a network has one root", text));
  const CidrRecord* parent = cidr_record(*normal.parent);
  if (parent == nullptr) return invalid_input(fmt::format("there is no CIDR with id {} to be the parent", number(*normal.parent)));
  const IpNet outer = parent->cidr.cidr.truncated();
  if (!outer.contains(normal.cidr)) return invalid_input(fmt::format("{} is not inside its parent, {}", text, describe(parent->cidr)));
  // Whoever contains it is one of its network's prefixes, and whoever lies inside begins inside: no need to look at all.
  const auto is_sibling = [&](const Cidr& cidr) { return cidr.parent == normal.parent; };
  for (std::uint8_t prefix = 0; prefix <= normal.cidr.prefix(); ++prefix) {
    const auto [first, last] = cidrs_by_net_.equal_range(IpNet::make(normal.cidr.address(), prefix)->truncated());
    for (auto at = first; at != last; ++at) {
      const Cidr& other = cidr_record(at->second)->cidr;
      if (prefix == normal.cidr.prefix()) return invalid_input(fmt::format("{} exists already: {}", text, describe(other)));
      if (prefix > outer.prefix()) return invalid_input(fmt::format("{} lies inside {}, which must be its parent", text, describe(other)));
      if (is_sibling(other)) return invalid_input(fmt::format("{} overlaps {}", text, describe(other)));
    }
  }
  if (!parent->peers.empty() || parent->quarantined > 0)
    return invalid_input(fmt::format("{} has peers of its own, so it can't be divided", describe(parent->cidr)));
  for (auto at = cidrs_by_net_.lower_bound(normal.cidr); at != cidrs_by_net_.end() && normal.cidr.contains(at->first); ++at)
    if (const Cidr& other = cidr_record(at->second)->cidr; is_sibling(other))
      return invalid_input(fmt::format("{} overlaps {}", text, describe(other)));
  return normal;
}

Result<void> Network::check_cidr_name(CidrId id, const std::string& name) const {
  if (find_cidr(id) == nullptr) return not_found(fmt::format("there is no CIDR with id {}", number(id)));
  if (name.empty()) return invalid_input("a CIDR needs a name");
  const Cidr* holder = find_cidr(name);
  if (holder != nullptr && holder->id != id) return invalid_input(fmt::format("there is a CIDR named {} already", quoted(name)));
  return {};
}

Result<void> Network::check_cidr_deletion(CidrId id) const {
  const CidrRecord* record = cidr_record(id);
  if (record == nullptr) return {};
  const auto refuse = [&](std::string_view why) {
    return invalid_input(fmt::format("{} can't be deleted: {}", describe(record->cidr), why));
  };
  if (children_.contains(id)) return refuse("there are CIDRs inside it");
  if (!record->peers.empty() || record->quarantined > 0) return refuse("there are peers in it");
  if (!associated_with(id).empty()) return refuse("it is associated with other CIDRs");
  if (id == kRootCidr || id == kServerCidr) return refuse("the network needs it");
  return {};
}

Result<void> Network::check_new_association(const AssociationContents& contents) const {
  if (contents.cidr_id_1 == contents.cidr_id_2) return invalid_input("a CIDR can't be associated with itself");
  for (const CidrId id : {contents.cidr_id_1, contents.cidr_id_2})
    if (find_cidr(id) == nullptr) return invalid_input(fmt::format("there is no CIDR with id {}", number(id)));
  if (find_association(contents.cidr_id_1, contents.cidr_id_2) != nullptr)
    return invalid_input(fmt::format("{} and {} are associated already", describe(*find_cidr(contents.cidr_id_1)),
                                     describe(*find_cidr(contents.cidr_id_2))));
  return {};
}

}  // namespace innernet::server
