#include "reached.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "render.hpp"

namespace innernet::client {
namespace {

/// The peers of the fetched state, without ourselves.
std::vector<PeerRow> others(const NetworkView& view) {
  auto rows = peer_rows(view);
  std::erase_if(rows, [](const PeerRow& row) { return row.is_you() || !row.is_known; });
  std::ranges::sort(rows, {}, [](const PeerRow& row) { return std::pair(row.way == Way::kNone, row.ip); });
  return rows;
}

bool contains(std::span<const wg::PublicKey> keys, const wg::PublicKey& key) { return std::ranges::find(keys, key) != keys.end(); }

std::string way_in_words(const PeerRow& row, bool is_unreached) {
  switch (row.way) {
    case Way::kDirect:
      return "directly";
    case Way::kRelayed:
      return "relayed by " + row.relayed_by.value_or("unknown");
    case Way::kNone:
      break;
  }
  return is_unreached ? "not connected" : "not connected, nor waited for: nobody knows where it is";
}

}  // namespace

std::string render_reached(const NetworkView& view, std::span<const wg::PublicKey> unreached) {
  const auto rows = others(view);
  std::string out;
  for (const PeerRow& row : rows) out += fmt::format("  {}: {}\n", row.name, way_in_words(row, contains(unreached, row.public_key)));
  const auto connected = std::ranges::count_if(rows, [](const PeerRow& row) { return row.way != Way::kNone; });
  return out + fmt::format("{}: {} of {} peers connected", view.device.name.str(), connected, rows.size());
}

JsonObject describe_reached(const NetworkView& view, std::span<const wg::PublicKey> unreached) {
  std::vector<JsonObject> peers;
  for (const PeerRow& row : others(view)) peers.push_back(describe_peer(row, view.now));
  return std::move(JsonObject().text("name", view.device.name.str()).boolean("all_reached", unreached.empty()).list("peers", peers));
}

}  // namespace innernet::client
