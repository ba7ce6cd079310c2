#include <fmt/format.h>

#include "registry_impl.hpp"

namespace innernet::server {

const Peer& Registry::Impl::put(Peer peer) {
  undo_log.note(network, peer.id);
  std::optional<PeerRecord> before;
  if (observer != nullptr)
    if (const PeerRecord* old = network.find_peer(peer.id)) before = *old;
  const PeerRecord& after = network.put_peer(std::move(peer));
  if (observer != nullptr) observer->peer_changed(before ? &*before : nullptr, &after);
  return after.peer;
}

Result<void> Registry::Impl::check_room() const {
  if (!max_on_device || network.on_device() < *max_on_device) return {};
  return invalid_input(
      fmt::format("the WireGuard of the server takes at most {} peers, and has them: disable one, or let the kernel's WireGuard run it",
                  *max_on_device));
}

Result<Peer> Registry::Impl::add_peer(const PeerContents& contents) {
  TRY_VOID(network.check_new_peer(contents));
  if (!contents.is_disabled) TRY_VOID(check_room());
  TRY(const PeerId id, database->store().insert_peer(contents));
  // What the database does not hold must not be in the model either.
  return put({db::Store::kept_of(contents), id});
}

Result<Peer> Registry::Impl::update_peer(PeerId id, const PeerChange& change) {
  TRY_VOID(network.check_peer_update(id, change));
  Peer peer = network.find_peer(id)->peer;
  if (!change.changes(peer)) return peer;
  if (peer.is_disabled && !change.is_disabled) TRY_VOID(check_room());
  TRY_VOID(database->store().update_peer(id, change));
  change.apply_to(peer);
  peer.candidates.shrink_to_fit();
  return put(std::move(peer));
}

Result<Peer> Registry::Impl::redeem_peer(PeerId id, const wg::PublicKey& key) {
  TRY_VOID(network.check_redemption(id, key));
  TRY_VOID(database->store().redeem_peer(id, key));
  Peer peer = network.find_peer(id)->peer;
  peer.public_key = key;
  peer.is_redeemed = true;
  return put(std::move(peer));
}

Result<void> Registry::Impl::delete_unredeemed_peer(PeerId id) {
  TRY_VOID(network.check_peer_deletion(id));
  TRY_VOID(database->store().delete_peer(id));
  const PeerRecord before = *network.find_peer(id);
  undo_log.note(network, id);
  network.erase_peer(id);
  if (observer != nullptr) observer->peer_changed(&before, nullptr);
  return {};
}

Result<Cidr> Registry::Impl::add_cidr(const CidrContents& contents) {
  TRY(auto normal, network.check_new_cidr(contents));
  TRY(const CidrId id, database->store().insert_cidr(normal));
  Cidr cidr{std::move(normal), id};
  undo_log.note(network, id);
  network.put_cidr(cidr);
  if (observer != nullptr) observer->cidrs_changed(false);
  return cidr;
}

Result<Cidr> Registry::Impl::rename_cidr(CidrId id, const std::string& name) {
  TRY_VOID(network.check_cidr_name(id, name));
  Cidr cidr = *network.find_cidr(id);
  if (cidr.name == name) return cidr;
  TRY_VOID(database->store().rename_cidr(id, name));
  cidr.name = name;
  undo_log.note(network, id);
  network.put_cidr(cidr);
  if (observer != nullptr) observer->cidrs_changed(false);
  return cidr;
}

Result<void> Registry::Impl::delete_cidr(CidrId id) {
  TRY_VOID(network.check_cidr_deletion(id));
  if (network.find_cidr(id) == nullptr) return {};
  TRY_VOID(database->store().delete_cidr(id));
  undo_log.note(network, id);
  network.erase_cidr(id);
  if (observer != nullptr) observer->cidrs_changed(true);
  return {};
}

Result<Association> Registry::Impl::add_association(const AssociationContents& contents) {
  TRY_VOID(network.check_new_association(contents));
  TRY(const AssociationId id, database->store().insert_association(contents));
  const Association association{contents, id};
  undo_log.note(network, id);
  network.put_association(association);
  if (observer != nullptr) observer->associations_changed(contents.cidr_id_1, contents.cidr_id_2);
  return association;
}

Result<void> Registry::Impl::delete_association(AssociationId id) {
  const auto found = network.associations().find(id);
  if (found == network.associations().end()) return {};
  TRY_VOID(database->store().delete_association(id));
  const AssociationContents ends = found->second;
  undo_log.note(network, id);
  network.erase_association(id);
  if (observer != nullptr) observer->associations_changed(ends.cidr_id_1, ends.cidr_id_2);
  return {};
}

}  // namespace innernet::server
