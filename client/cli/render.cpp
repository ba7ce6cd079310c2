#include "render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

#include "innernet/base/printable.hpp"
#include "innernet/values/cidr_tree.hpp"
#include "mapping_text.hpp"
#include "phrase.hpp"

namespace innernet::client {
namespace {

constexpr std::string_view kOverridden = "(endpoint overridden locally)";

std::int64_t unix_seconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count(); }

std::string key_text(const wg::PublicKey& key, const Appearance& appearance) {
  return appearance.whole_keys ? key.to_base64() : key.abbreviated();
}

std::string text_of(const PeerRow& row, WallTime now) {
  const auto age = row.since ? age_of(*row.since, now) : std::nullopt;
  const std::string how = row.way == Way::kDirect ? "directly" : row.way == Way::kRelayed ? "by a relay" : "no";
  std::string text = age ? fmt::format("{}{} for {}", how, row.way == Way::kNone ? "," : "", duration(*age)) : how;
  if (row.round_trip) text += *row.round_trip ? ", round trip " + milliseconds(**row.round_trip) : ", no answer to a ping";
  return text;
}

// The original has none of it, so what is not known costs no line.
void append_connection(std::string& out, const PeerRow& row, const NetworkView& view, const Palette& palette) {
  if (row.since || row.round_trip || !row.tries.empty())
    out += fmt::format("    {}: {}\n", palette.bold("connected"), text_of(row, view.now));
  if (row.tries.empty()) return;
  // The latest; `innernet why` has all of them.
  constexpr std::ptrdiff_t kMostShown = 4;
  const auto count = std::ssize(row.tries);
  std::string ways;
  const auto latest = std::span(row.tries).last(static_cast<std::size_t>(std::min(count, kMostShown)));
  for (const WayTried& way : latest)
    ways += fmt::format("{}{}{} ({})", ways.empty() ? "" : ", ", way.is_relay ? "relay " : "", way.to.to_string(), when(way.at, view.now));
  if (count > kMostShown) ways += fmt::format(" and {} more", count - kMostShown);
  out += fmt::format("    {}: {}\n", palette.bold("no answer from"), ways);
}

void append_long(std::string& out, const PeerRow& row, const NetworkView& view, const Appearance& appearance) {
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
  append_connection(out, row, view, palette);
}

// Routers that know IPv4's protocols alone are the rule: that one maps nothing for IPv6 is worth no line.
void append_mapping(std::string& out, const NetworkView& view, const Palette& palette) {
  const auto line = [&](std::string_view title, const MappingStanding& standing) {
    out += fmt::format("  {}: {}\n", palette.bold(title), describe_in_words(standing, view.now));
  };
  const auto& [port, v4, v6] = view.mapping;
  if (v4) line("port mapping", *v4);
  if (v6 && (v6->state == MappingState::kMapped || v6->state == MappingState::kRefused)) line("port mapping of IPv6", *v6);
}

void append_short(std::string& out, const PeerRow& row, std::size_t indent, const Appearance& appearance) {
  const Palette& palette = appearance.palette;
  const bool is_you = row.on_device == nullptr;
  const bool is_connected = is_you || row.way != Way::kNone;
  out += fmt::format("{:{}}| {} {}: {} ({}{}){}{}{}\n", "", indent, is_connected ? palette.bold("◉") : palette.dim("◯"),
                     palette.number(row.ip ? row.ip->to_string() : "?"), palette.name(row.name), is_you ? "you, " : "",
                     palette.dim(key_text(row.public_key, appearance)), row.is_overridden ? " " : "", row.is_overridden ? kOverridden : "",
                     row.relayed_by ? fmt::format(" (relayed by {})", *row.relayed_by) : "");
}

JsonObject describe_try(const WayTried& way) {
  return std::move(JsonObject().text("endpoint", way.to.to_string()).boolean("is_relay", way.is_relay).number("at", unix_seconds(way.at)));
}

class TreeRenderer {
 public:
  TreeRenderer(const NetworkView& view, const Appearance& appearance, const std::vector<PeerRow>& rows)
      : appearance_(appearance), tree_(view.state.cidrs) {
    for (const PeerRow& row : rows) {
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
  void append_peers(std::string& out, const std::vector<const PeerRow*>& peers, std::size_t depth) {
    for (const PeerRow* row : peers) append_short(out, *row, depth * 2, appearance_);
  }

  const Appearance& appearance_;
  CidrTree tree_;
  std::unordered_map<std::int64_t, std::vector<const PeerRow*>> members_;
  std::vector<const PeerRow*> homeless_;
};

}  // namespace

std::string when(WallTime moment, WallTime now) {
  const auto age = age_of(moment, now);
  return age ? ago(*age) : "not known, this machine's clock was set back since";
}

std::string name_of(Way way) {
  constexpr std::array<std::string_view, 3> kNames{"none", "direct", "relayed"};
  return std::string(kNames[static_cast<std::size_t>(way)]);
}

JsonObject describe_peer(const PeerRow& row, WallTime now) {
  using std::chrono::seconds;
  const wg::Peer* peer = row.on_device;
  const bool is_you = peer == nullptr;
  const auto handshake = is_you ? std::nullopt : peer->last_handshake;
  std::optional<std::int64_t> moment;
  std::optional<std::int64_t> age;
  if (handshake) {
    moment = unix_seconds(*handshake);
    if (const auto since = age_of(*handshake, now)) age = std::chrono::floor<seconds>(*since).count();
  }
  std::optional<std::int64_t> round_trip;
  if (row.round_trip && *row.round_trip) round_trip = std::chrono::floor<std::chrono::microseconds>(**row.round_trip).count();
  std::vector<JsonObject> tries;
  for (const WayTried& way : row.tries) tries.push_back(describe_try(way));
  return std::move(JsonObject()
                       .text("name", row.is_known ? std::optional(row.name) : std::nullopt)
                       .text("ip", row.ip ? std::optional(row.ip->to_string()) : std::nullopt)
                       .number("cidr_id", row.cidr ? std::optional(number(*row.cidr)) : std::nullopt)
                       .text("public_key", row.public_key.to_base64())
                       .boolean("is_you", is_you)
                       .boolean("is_connected", is_you || row.way != Way::kNone)
                       .text("endpoint", !is_you && peer->endpoint ? std::optional(peer->endpoint->to_string()) : std::nullopt)
                       .boolean("is_overridden", row.is_overridden)
                       .text("relayed_by", row.relayed_by)
                       .number("last_handshake", moment)
                       .number("last_handshake_age", age)
                       .number("received_bytes", is_you ? 0 : peer->received_bytes)
                       .number("sent_bytes", is_you ? 0 : peer->sent_bytes)
                       .text("way", is_you ? std::nullopt : std::optional(name_of(row.way)))
                       .number("since", row.since ? std::optional(unix_seconds(*row.since)) : std::nullopt)
                       .number("round_trip_us", round_trip)
                       .list("tries", tries));
}

std::string render_network(const NetworkView& view, const Appearance& appearance) {
  const Palette& palette = appearance.palette;
  const std::string& name = view.device.name.str();
  const std::uint16_t port = view.device.listen_port;
  const std::vector<PeerRow> list = peer_rows(view);
  std::string out;
  if (appearance.layout == Layout::kLong) {
    out = fmt::format("{}: {}\n", palette.bold("network"), palette.network(name));
    if (port != 0) out += fmt::format("  {}: {}\n", palette.bold("listening port"), port);
    append_mapping(out, view, palette);
    for (const PeerRow& row : list) append_long(out, row, view, appearance);
    return out;
  }
  out = palette.network(name) + " ";
  if (port != 0) out += fmt::format("(:{}) ", port);
  out += "\n";
  if (appearance.layout == Layout::kTree)
    TreeRenderer(view, appearance, list).append_to(out);
  else
    for (const PeerRow& row : list) append_short(out, row, 2, appearance);
  return out;
}

JsonObject describe_network(const NetworkView& view) {
  std::vector<JsonObject> peers;
  for (const PeerRow& row : peer_rows(view)) peers.push_back(describe_peer(row, view.now));
  const auto& key = view.device.public_key;
  return std::move(JsonObject()
                       .text("name", view.device.name.str())
                       .number("listen_port", view.device.listen_port)
                       .text("public_key", key ? std::optional(key->to_base64()) : std::nullopt)
                       .json("port_mapping", mapping_as_json(view.mapping))
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
