#include "render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "innernet/base/printable.hpp"
#include "innernet/client/handshakes.hpp"
#include "innernet/values/cidr_tree.hpp"
#include "phrase.hpp"

namespace innernet::client {
namespace {

constexpr std::string_view kOverridden = "(endpoint overridden locally)";

/// A line of the list: what the device has, what the state says about it.
struct Row {
  std::string name;
  wg::PublicKey public_key;
  std::optional<IpAddress> ip;
  std::optional<CidrId> cidr;
  const wg::Peer* on_device = nullptr;  // null: ourselves
  bool is_overridden = false;
  bool is_known = false;
  std::optional<std::string> relayed_by{};  // the name of the peer that the relay runs on
};

/// Where the device's relays are, and on whom.
using Relays = std::map<SocketAddress, std::string>;

using PeersByKey = std::unordered_map<wg::PublicKey, const Peer*>;

Row make_row(const wg::PublicKey& key, const PeersByKey& known, const wg::Peer* on_device, std::optional<IpAddress> otherwise,
             const Relays& relays, const NetworkView& view) {
  Row row{.name = "unknown", .public_key = key, .ip = otherwise, .cidr = {}, .on_device = on_device};
  if (const auto found = known.find(key); found != known.end()) {
    row.is_known = true;
    row.name = found->second->name.str();
    row.ip = found->second->ip;
    row.cidr = found->second->cidr_id;
  }
  row.is_overridden = row.ip && view.overrides.contains(*row.ip);
  if (on_device != nullptr && on_device->endpoint && is_recent(on_device->last_handshake, view.now))
    if (const auto relay = relays.find(*on_device->endpoint); relay != relays.end()) row.relayed_by = relay->second;
  return row;
}

std::optional<IpAddress> only_address(const wg::Peer& peer) {
  for (const IpNet& net : peer.allowed_ips)
    if (net.prefix() == net.address().bits()) return net.address();
  return std::nullopt;
}

std::vector<Row> rows(const NetworkView& view) {
  PeersByKey known;
  for (const Peer& peer : view.state.peers) known.emplace(peer.public_key, &peer);
  // Whatever a server says: a peer is none.
  const auto relay_of = [&](const wg::Peer& peer) {
    return known.contains(peer.public_key) || !peer.allowed_ips.empty()
               ? view.relays.end()
               : std::ranges::find(view.relays, peer.public_key, &Relay::public_key);
  };
  Relays relays;
  for (const wg::Peer& peer : view.device.peers) {
    const auto relay = relay_of(peer);
    if (relay == view.relays.end() || !peer.endpoint) continue;
    const auto on = std::ranges::find(view.state.peers, relay->id, &Peer::id);
    relays.emplace(*peer.endpoint, on == view.state.peers.end() ? "unknown" : on->name.str());
  }
  std::vector<Row> out;
  for (const wg::Peer& peer : view.device.peers)
    if (relay_of(peer) == view.relays.end()) out.push_back(make_row(peer.public_key, known, &peer, only_address(peer), relays, view));
  if (const auto& own = view.device.public_key; own && (view.own_address || known.contains(*own)))
    out.push_back(make_row(*own, known, nullptr, view.own_address, relays, view));
  // Without an address last.
  std::ranges::sort(out, [](const Row& a, const Row& b) {
    if (a.ip != b.ip) return a.ip && b.ip ? *a.ip < *b.ip : a.ip.has_value();
    return a.public_key < b.public_key;
  });
  return out;
}

std::string key_text(const wg::PublicKey& key, const Appearance& appearance) {
  return appearance.whole_keys ? key.to_base64() : key.abbreviated();
}

// What the clock has been set back from says nothing about how long ago it was.
std::optional<std::chrono::nanoseconds> age_of(WallTime handshake, WallTime now) {
  if (handshake > now && !is_recent(handshake, now)) return std::nullopt;
  return std::max<std::chrono::nanoseconds>(now - handshake, {});
}

std::string when(WallTime handshake, WallTime now) {
  const auto age = age_of(handshake, now);
  return age ? ago(*age) : "not known, this machine's clock was set back since";
}

void append_long(std::string& out, const Row& row, const NetworkView& view, const Appearance& appearance) {
  const Palette& palette = appearance.palette;
  out += fmt::format("  {}: {} ({})\n", palette.bold("peer"), palette.name(row.name), palette.dim(key_text(row.public_key, appearance)));
  if (row.ip) out += fmt::format("    {}: {}\n", palette.bold("ip"), row.ip->to_string());
  if (row.on_device == nullptr) return;
  const wg::Peer& peer = *row.on_device;
  if (peer.endpoint)
    out += fmt::format("    {}: {}{}{}\n", palette.bold("endpoint"), peer.endpoint->to_string(), row.is_overridden ? " " : "",
                       row.is_overridden ? kOverridden : "");
  if (row.relayed_by)
    out += fmt::format("    {}: {}, for no direct way was found\n", palette.bold("relayed by"), palette.name(*row.relayed_by));
  if (peer.last_handshake) out += fmt::format("    {}: {}\n", palette.bold("last handshake"), when(*peer.last_handshake, view.now));
  if (peer.received_bytes != 0 || peer.sent_bytes != 0)
    out += fmt::format("    {}: {} received, {} sent\n", palette.bold("transfer"), size(peer.received_bytes), size(peer.sent_bytes));
}

void append_short(std::string& out, const Row& row, std::size_t indent, const NetworkView& view, const Appearance& appearance) {
  const Palette& palette = appearance.palette;
  const bool is_you = row.on_device == nullptr;
  const bool is_connected = is_you || is_recent(row.on_device->last_handshake, view.now);
  out += fmt::format("{:{}}| {} {}: {} ({}{}){}{}{}\n", "", indent, is_connected ? palette.bold("◉") : palette.dim("◯"),
                     palette.number(row.ip ? row.ip->to_string() : "?"), palette.name(row.name), is_you ? "you, " : "",
                     palette.dim(key_text(row.public_key, appearance)), row.is_overridden ? " " : "", row.is_overridden ? kOverridden : "",
                     row.relayed_by ? fmt::format(" (relayed by {})", *row.relayed_by) : "");
}

JsonObject describe_peer(const Row& row, const NetworkView& view) {
  using std::chrono::seconds;
  const wg::Peer* peer = row.on_device;
  const bool is_you = peer == nullptr;
  const auto handshake = is_you ? std::nullopt : peer->last_handshake;
  std::optional<std::int64_t> moment;
  std::optional<std::int64_t> age;
  if (handshake) {
    moment = std::chrono::floor<seconds>(handshake->time_since_epoch()).count();
    if (const auto since = age_of(*handshake, view.now)) age = std::chrono::floor<seconds>(*since).count();
  }
  return std::move(JsonObject()
                       .text("name", row.is_known ? std::optional(row.name) : std::nullopt)
                       .text("ip", row.ip ? std::optional(row.ip->to_string()) : std::nullopt)
                       .number("cidr_id", row.cidr ? std::optional(number(*row.cidr)) : std::nullopt)
                       .text("public_key", row.public_key.to_base64())
                       .boolean("is_you", is_you)
                       .boolean("is_connected", is_you || is_recent(handshake, view.now))
                       .text("endpoint", !is_you && peer->endpoint ? std::optional(peer->endpoint->to_string()) : std::nullopt)
                       .boolean("is_overridden", row.is_overridden)
                       .text("relayed_by", row.relayed_by)
                       .number("last_handshake", moment)
                       .number("last_handshake_age", age)
                       .number("received_bytes", is_you ? 0 : peer->received_bytes)
                       .number("sent_bytes", is_you ? 0 : peer->sent_bytes));
}

class TreeRenderer {
 public:
  TreeRenderer(const NetworkView& view, const Appearance& appearance, const std::vector<Row>& rows)
      : view_(view), appearance_(appearance), tree_(view.state.cidrs) {
    for (const Row& row : rows) {
      const bool has_place = row.cidr && tree_.find(*row.cidr) != nullptr;
      (has_place ? members_[number(*row.cidr)] : homeless_).push_back(&row);
    }
  }

  void append_to(std::string& out) {
    // Not recursive: the store is what a server sent, and a chain of parents may be as long as it is.
    struct Step {
      const Cidr* cidr;
      std::size_t depth;
      bool children_done;
    };
    std::vector<Step> open;
    const auto push = [&open](const std::vector<const Cidr*>& cidrs, std::size_t depth) {
      for (std::size_t i = cidrs.size(); i-- > 0;) open.push_back({cidrs[i], depth, false});
    };
    push(tree_.roots(), 1);
    while (!open.empty()) {
      const Step step = open.back();
      open.pop_back();
      if (step.children_done) {
        append_peers(out, members_[number(step.cidr->id)], step.depth);
        continue;
      }
      out += fmt::format("{:{}}{} {}\n", "", step.depth * 2, appearance_.palette.bold(step.cidr->cidr.to_string()),
                         printable(step.cidr->name));
      open.push_back({step.cidr, step.depth, true});
      push(tree_.children(step.cidr->id), step.depth + 1);
    }
    append_peers(out, homeless_, 1);
  }

 private:
  void append_peers(std::string& out, const std::vector<const Row*>& peers, std::size_t depth) {
    for (const Row* row : peers) append_short(out, *row, depth * 2, view_, appearance_);
  }

  const NetworkView& view_;
  const Appearance& appearance_;
  CidrTree tree_;
  std::unordered_map<std::int64_t, std::vector<const Row*>> members_;
  std::vector<const Row*> homeless_;
};

}  // namespace

std::string render_network(const NetworkView& view, const Appearance& appearance) {
  const Palette& palette = appearance.palette;
  const std::string& name = view.device.name.str();
  const std::uint16_t port = view.device.listen_port;
  const std::vector<Row> list = rows(view);
  std::string out;
  if (appearance.layout == Layout::kLong) {
    out = fmt::format("{}: {}\n", palette.bold("network"), palette.network(name));
    if (port != 0) out += fmt::format("  {}: {}\n", palette.bold("listening port"), port);
    for (const Row& row : list) append_long(out, row, view, appearance);
    return out;
  }
  out = palette.network(name) + " ";
  if (port != 0) out += fmt::format("(:{}) ", port);
  out += "\n";
  if (appearance.layout == Layout::kTree)
    TreeRenderer(view, appearance, list).append_to(out);
  else
    for (const Row& row : list) append_short(out, row, 2, view, appearance);
  return out;
}

JsonObject describe_network(const NetworkView& view) {
  std::vector<JsonObject> peers;
  for (const Row& row : rows(view)) peers.push_back(describe_peer(row, view));
  const auto& key = view.device.public_key;
  return std::move(JsonObject()
                       .text("name", view.device.name.str())
                       .number("listen_port", view.device.listen_port)
                       .text("public_key", key ? std::optional(key->to_base64()) : std::nullopt)
                       .list("peers", peers));
}

std::string render_cidrs(std::span<const Cidr> cidrs, bool tree) {
  std::string out;
  const auto append = [&out](const Cidr& cidr, std::size_t depth) {
    out += fmt::format("{:{}}{} {}\n", "", depth * 2, cidr.cidr.to_string(), printable(cidr.name));
  };
  if (tree) {
    CidrTree(cidrs).walk(append);
    return out;
  }
  std::vector<const Cidr*> by_id;
  for (const Cidr& cidr : cidrs) by_id.push_back(&cidr);
  std::ranges::sort(by_id, {}, [](const Cidr* cidr) { return number(cidr->id); });
  for (const Cidr* cidr : by_id) append(*cidr, 0);
  return out;
}

std::string render_associations(std::span<const Association> associations, std::span<const Cidr> cidrs) {
  std::unordered_map<std::int64_t, std::string> names;
  for (const Cidr& cidr : cidrs) names.emplace(number(cidr.id), printable(cidr.name));
  const auto name = [&names](CidrId id) {
    const auto found = names.find(number(id));
    return found != names.end() ? found->second : fmt::format("CIDR {}", number(id));
  };
  std::string out;
  for (const Association& association : associations)
    out += fmt::format("{}: {} <=> {}\n", number(association.id), name(association.cidr_id_1), name(association.cidr_id_2));
  return out;
}

}  // namespace innernet::client
