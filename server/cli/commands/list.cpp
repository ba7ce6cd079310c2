#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "../open.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/values/cidr_tree.hpp"

namespace innernet::server {
namespace {

/// CIDRs are named by anybody, through the API by any admin's machine: a terminal must not act on it.
std::string name_of(const Network& network, CidrId id) {
  const Cidr* cidr = network.find_cidr(id);
  return cidr != nullptr ? printable(cidr->name) : fmt::format("(CIDR {})", number(id));
}

std::string status_of(const Peer& peer) {
  std::string status = peer.is_disabled ? "disabled" : peer.is_redeemed ? "enabled" : "invited";
  if (peer.is_admin) status += ", admin";
  return status;
}

using TableRow = std::array<std::string, 6>;

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// One line a row, its cells below each other, so that a network of hundreds can be looked through.
void print_table(const CommandContext& context, const std::vector<TableRow>& rows) {
  std::array<std::size_t, 6> widths{};
  for (const TableRow& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  for (const TableRow& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blank(widths[i] - columns(row[i]), ' ');
      const bool is_last = i + 1 == row.size();
      line += i == 0 ? blank + row[i] : "  " + row[i] + (is_last ? "" : blank);
    }
    context.print(line);
  }
}

}  // namespace

Result<void> list_peers(const CommandContext& context, const InterfaceName& interface) {
  TRY(const auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  std::vector<Peer> peers;
  std::vector<TableRow> rows{{"ID", "NAME", "ADDRESS", "CIDR", "KEY", "STATE"}};
  for (const auto& [id, record] : network.peers()) {
    const Peer& peer = record.peer;
    peers.push_back(peer);
    rows.push_back({std::to_string(number(id)), peer.name.str(), peer.ip.to_string(), name_of(network, peer.cidr_id),
                    peer.public_key.abbreviated(), status_of(peer)});
  }
  print_table(context, rows);
  std::vector<JsonObject> left_out;
  for (const auto& [id, row] : network.quarantined()) {
    left_out.push_back(
        std::move(JsonObject().number("id", number(id)).text("name", row.name).text("ip", row.ip).text("reason", row.reason)));
    context.print(
        fmt::format("{}: {} ({}) left out of the network: {}", number(id), quoted(row.name), quoted(row.ip), printable(row.reason)));
  }
  context.report(JsonObject().value("peers", std::span<const Peer>(peers)).list("left_out", left_out));
  return {};
}

Result<void> list_cidrs(const CommandContext& context, const InterfaceName& interface, bool tree) {
  TRY(const auto registry, open_registry(context, interface));
  const std::vector<Cidr> cidrs = registry.network().cidrs();
  if (tree)
    CidrTree(cidrs).walk([&](const Cidr& cidr, std::size_t depth) {
      context.print(fmt::format("{:{}}{} {}", "", depth * 2, cidr.cidr.to_string(), printable(cidr.name)));
    });
  else
    for (const Cidr& cidr : cidrs) context.print(fmt::format("{} {}", cidr.cidr.to_string(), printable(cidr.name)));
  context.report(JsonObject().value("cidrs", std::span<const Cidr>(cidrs)));
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
  context.report(
      JsonObject().value("associations", std::span<const Association>(associations)).value("cidrs", std::span<const Cidr>(cidrs)));
  return {};
}

}  // namespace innernet::server
