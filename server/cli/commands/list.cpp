#include <fmt/format.h>

#include "../open.hpp"
#include "innernet/shared/cidr_tree.hpp"

namespace innernet::server {
namespace {

std::string name_of(const Network& network, CidrId id) {
  const Cidr* cidr = network.find_cidr(id);
  return cidr != nullptr ? cidr->name : fmt::format("(CIDR {})", number(id));
}

std::string status_of(bool is_admin, bool is_disabled, bool is_redeemed) {
  std::string status = is_disabled ? "disabled" : is_redeemed ? "enabled" : "invited";
  if (is_admin) status += ", admin";
  return status;
}

}  // namespace

Result<void> list_peers(const CommandContext& context, const InterfaceName& interface) {
  TRY(const auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  std::vector<Peer> peers;
  for (const auto& [id, record] : network.peers()) {
    const Peer& peer = record.peer;
    peers.push_back(peer);
    context.print(fmt::format("{}: {} ({}) in {}, {}, {}", number(id), peer.name.str(), peer.ip.to_string(), name_of(network, peer.cidr_id),
                              peer.public_key.abbreviated(), status_of(peer.is_admin, peer.is_disabled, peer.is_redeemed)));
  }
  std::vector<JsonObject> left_out;
  for (const auto& [id, row] : network.quarantined()) {
    left_out.push_back(
        std::move(JsonObject().number("id", number(id)).text("name", row.name).text("ip", row.ip).text("reason", row.reason)));
    context.print(fmt::format("{}: {} ({}) left out of the network: {}", number(id), quoted(row.name), quoted(row.ip), row.reason));
  }
  context.report(std::move(JsonObject().value("peers", std::span<const Peer>(peers)).list("left_out", left_out)));
  return {};
}

Result<void> list_cidrs(const CommandContext& context, const InterfaceName& interface, bool tree) {
  TRY(const auto registry, open_registry(context, interface));
  const std::vector<Cidr> cidrs = registry.network().cidrs();
  if (tree)
    CidrTree(cidrs).walk([&](const Cidr& cidr, std::size_t depth) {
      context.print(fmt::format("{:{}}{} {}", "", depth * 2, cidr.cidr.to_string(), cidr.name));
    });
  else
    for (const Cidr& cidr : cidrs) context.print(fmt::format("{} {}", cidr.cidr.to_string(), cidr.name));
  context.report(std::move(JsonObject().value("cidrs", std::span<const Cidr>(cidrs))));
  return {};
}

Result<void> list_associations(const CommandContext& context, const InterfaceName& interface) {
  TRY(const auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  std::vector<Association> associations;
  for (const auto& [id, association] : network.associations()) {
    associations.push_back(association);
    context.print(
        fmt::format("{}: {} <=> {}", number(id), name_of(network, association.cidr_id_1), name_of(network, association.cidr_id_2)));
  }
  const std::vector<Cidr> cidrs = network.cidrs();
  context.report(std::move(
      JsonObject().value("associations", std::span<const Association>(associations)).value("cidrs", std::span<const Cidr>(cidrs))));
  return {};
}

}  // namespace innernet::server
