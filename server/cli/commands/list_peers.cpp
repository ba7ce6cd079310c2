#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "../cidrs.hpp"
#include "../open.hpp"
#include "commands.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/json/json_object.hpp"

namespace innernet::server {
namespace {

void define(Definition& definition, OfNetwork& options) {
  definition.explain(
      "Each with its id, address, CIDR, key and state; disabled ones and those that have not redeemed their invitation, too. A row that is "
      "no valid peer is shown with what is wrong with it.");
  define_interface(definition, options);
}

std::string status_of(const Peer& peer) {
  std::string status = peer.is_disabled ? "disabled" : peer.is_redeemed ? "enabled" : "invited";
  if (peer.is_admin) status += ", admin";
  if (peer.is_relay) status += peer.relay ? fmt::format(", relay on UDP port {}", peer.relay->port) : ", relay (not running yet)";
  return status;
}

using TableRow = std::array<std::string, 6>;

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// One line a row, its cells below each other, so that a network of hundreds can be looked through.
void print_table(Context& context, const std::vector<TableRow>& rows) {
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

Result<Ending> run(const OfNetwork& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(const auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  std::vector<Peer> peers;
  std::vector<TableRow> rows{{"ID", "NAME", "ADDRESS", "CIDR", "KEY", "STATE"}};
  for (const auto& [id, record] : network.peers()) {
    const Peer& peer = record.peer;
    peers.push_back(peer);
    rows.push_back({std::to_string(number(id)), peer.name.str(), peer.ip.to_string(), printable_name_of(network, peer.cidr_id),
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
  return Ending::kDone;
}

}  // namespace

Row list_peers_command() {
  return row({.name = "list-peers", .sentence = "List all peers.", .example = "list-peers evilcorp"}, define, run);
}

}  // namespace innernet::server
