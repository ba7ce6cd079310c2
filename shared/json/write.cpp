#include <algorithm>
#include <charconv>
#include <concepts>
#include <iterator>
#include <limits>

#include "innernet/base/utf8.hpp"
#include "innernet/json/json.hpp"

namespace innernet {
namespace {

// Much of what a compact layout appends is nothing, as the compiler sees.
inline std::string& operator<<(std::string& out, std::string_view text) { return text.empty() ? out : out.append(text); }
template <std::integral Integer>
std::string& operator<<(std::string& out, Integer value) {
  if constexpr (std::same_as<Integer, bool>) {
    return out.append(value ? "true" : "false");
  } else {
    char digits[std::numeric_limits<std::uint64_t>::digits10 + 1];  // as many as a sign and an int64_t have
    return out.append(digits, std::to_chars(digits, std::end(digits), value).ptr);
  }
}

// Names, addresses, keys and endpoints have no character that JSON escapes, so they go out as they are.
void append_endpoint(std::string& out, const Endpoint& endpoint) {
  out += '"';
  endpoint.append_to(out);
  out += '"';
}

// What stands before each element and member, by how deep it is nested, and behind a colon.
struct Compact {
  static constexpr std::string_view line(std::size_t) { return {}; }
  static constexpr std::string_view kSpace{};
};

// serde_json's pretty form: two spaces a level, one element a line, nothing between the brackets of an empty container.
struct Pretty {
  static constexpr std::string_view line(std::size_t level) {
    constexpr std::string_view kDeepest = "\n        ";
    return kDeepest.substr(0, 1 + 2 * level);
  }
  static constexpr std::string_view kSpace = " ";
};

// Where a list of peers or CIDRs stands in a data store: a member of the outermost object.
constexpr std::size_t kListLevel = 1;
constexpr std::size_t kElementLevel = kListLevel + 1;
constexpr std::size_t kMemberLevel = kElementLevel + 1;
constexpr std::size_t kInnerLevel = kMemberLevel + 1;

// A member up to its value; `key` with its quotation marks and colon.
template <class Layout, std::size_t kLevel = kMemberLevel>
inline std::string& member(std::string& out, std::string_view key) {
  return out << Layout::line(kLevel) << key << Layout::kSpace;
}

template <class Layout, std::size_t Level, class T, class Append>
void append_list(std::string& out, std::span<const T> list, const Append& append_element) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    out += Layout::line(Level + 1);
    append_element(out, list[i]);
  }
  if (!list.empty()) out += Layout::line(Level);
  out += ']';
}

void append_distance(std::string& out, const RelayDistance& distance) {
  out << "[" << number(distance.relay) << "," << distance.milliseconds << "]";
}

template <class Layout>
void append_relay(std::string& out, const RelayOfPeer& relay) {
  out << "{";
  member<Layout, kInnerLevel>(out, "\"public_key\":") << "\"";
  relay.public_key.append_base64(out);
  out << "\",";
  member<Layout, kInnerLevel>(out, "\"port\":") << relay.port << Layout::line(kMemberLevel) << "}";
}

// The members of a value behind its id, and the end of its object.
template <class Layout>
void append_rest(std::string& out, const PeerContents& peer) {
  member<Layout>(out, "\"name\":") << "\"" << peer.name.str() << "\",";
  member<Layout>(out, "\"ip\":") << "\"";
  peer.ip.append_to(out);
  out << "\",";
  member<Layout>(out, "\"cidr_id\":") << number(peer.cidr_id) << ",";
  member<Layout>(out, "\"public_key\":") << "\"";
  peer.public_key.append_base64(out);
  out << "\",";
  member<Layout>(out, "\"endpoint\":");
  if (peer.endpoint) {
    out << "\"";
    peer.endpoint->append_to(out);
    out << "\",";
  } else {
    out << "null,";
  }
  member<Layout>(out, "\"persistent_keepalive_interval\":");
  if (peer.persistent_keepalive_interval)
    out << *peer.persistent_keepalive_interval << ",";
  else
    out << "null,";
  member<Layout>(out, "\"is_admin\":") << peer.is_admin << ",";
  member<Layout>(out, "\"is_disabled\":") << peer.is_disabled << ",";
  member<Layout>(out, "\"is_redeemed\":") << peer.is_redeemed << ",";
  member<Layout>(out, "\"invite_expires\":");
  if (peer.invite_expires) {
    out << "{";
    member<Layout, kInnerLevel>(out, "\"secs_since_epoch\":") << peer.invite_expires->seconds << ",";
    member<Layout, kInnerLevel>(out, "\"nanos_since_epoch\":") << peer.invite_expires->nanoseconds;
    out << Layout::line(kMemberLevel) << "},";
  } else {
    out << "null,";
  }
  member<Layout>(out, "\"candidates\":");
  append_list<Layout, kMemberLevel, Endpoint>(out, peer.candidates, append_endpoint);
  // Few peers have them, and older programs don't know them.
  if (peer.is_relay) member<Layout>(out << ",", "\"is_relay\":") << true;
  if (peer.relay) {
    member<Layout>(out << ",", "\"relay\":");
    append_relay<Layout>(out, *peer.relay);
  }
  if (!peer.relay_distances.empty()) {
    member<Layout>(out << ",", "\"relay_distances\":");
    append_list<Compact, kMemberLevel, RelayDistance>(out, peer.relay_distances, append_distance);
  }
  out << Layout::line(kElementLevel) << "}";
}

template <class Layout>
void append_rest(std::string& out, const CidrContents& cidr) {
  member<Layout>(out, "\"name\":");
  append_json_string(out, cidr.name);
  out << ",";
  member<Layout>(out, "\"cidr\":") << "\"";
  cidr.cidr.address().append_to(out);
  out << "/" << cidr.cidr.prefix() << "\",";
  member<Layout>(out, "\"parent\":");
  if (cidr.parent)
    out << number(*cidr.parent);
  else
    out << "null";
  out << Layout::line(kElementLevel) << "}";
}

template <class Layout>
void append_rest(std::string& out, const AssociationContents& association) {
  member<Layout>(out, "\"cidr_id_1\":") << number(association.cidr_id_1) << ",";
  member<Layout>(out, "\"cidr_id_2\":") << number(association.cidr_id_2);
  out << Layout::line(kElementLevel) << "}";
}

template <class Contents>
void append_contents(std::string& out, const Contents& contents) {
  append_rest<Compact>(out << "{", contents);
}

template <class Layout, class Whole>
void append_with_id(std::string& out, const Whole& whole) {
  out << "{";
  member<Layout>(out, "\"id\":") << number(whole.id) << ",";
  append_rest<Layout>(out, whole);
}

template <class T>
void append_compact_list(std::string& out, std::span<const T> list) {
  append_list<Compact, kListLevel>(out, list, [](std::string& to, const T& element) { append_json(to, element); });
}

// A peer takes 350 to 450 bytes, a CIDR about 80; half as much again when it is pretty.
std::size_t expected_size(std::size_t peers, std::size_t cidrs) { return 64 + peers * 450 + cidrs * 96; }

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (const auto byte = static_cast<unsigned char>(c); byte < 0x20) {
          out += "\\u00";
          out += kHex[byte >> 4U];
          out += kHex[byte & 0xFU];
        } else if (const std::size_t valid = utf8_length(text); valid > 0) {
          out += text.substr(0, valid);
          length = valid;
        } else {
          out += kReplacementCharacter;  // one bad byte in a name must not make every client refuse the whole state
        }
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void append_json(std::string& out, const PeerContents& peer) { append_contents(out, peer); }
void append_json(std::string& out, const Peer& peer) { append_with_id<Compact>(out, peer); }
void append_json(std::string& out, const CidrContents& cidr) { append_contents(out, cidr); }
void append_json(std::string& out, const Cidr& cidr) { append_with_id<Compact>(out, cidr); }
void append_json(std::string& out, const AssociationContents& association) { append_contents(out, association); }
void append_json(std::string& out, const Association& association) { append_with_id<Compact>(out, association); }
void append_json(std::string& out, std::span<const Peer> peers) { append_compact_list(out, peers); }
void append_json(std::string& out, std::span<const Cidr> cidrs) { append_compact_list(out, cidrs); }
void append_json(std::string& out, std::span<const Association> associations) { append_compact_list(out, associations); }

void append_json(std::string& out, std::span<const Relay> relays) {
  append_list<Compact, kListLevel>(out, relays, [](std::string& to, const Relay& relay) {
    to << "{\"id\":" << number(relay.id) << ",\"public_key\":\"";
    relay.public_key.append_base64(to);
    to << "\",\"endpoint\":";
    append_endpoint(to, relay.endpoint);
    if (relay.answers_questions) to << ",\"answers_questions\":true";
    if (relay.epoch != 0) to << ",\"epoch\":" << relay.epoch;
    to << "}";
  });
}

namespace {

void append_servers(std::string& out, std::span<const Endpoint> servers) {
  append_list<Compact, kListLevel>(out << ",\"servers\":", servers, [](std::string& to, const Endpoint& endpoint) {
    to << "{\"endpoint\":";
    append_endpoint(to, endpoint);
    to << "}";
  });
}

}  // namespace

void append_json(std::string& out, const State& state) {
  out.reserve(out.size() + expected_size(state.peers.size(), state.cidrs.size()));
  out += "{\"peers\":";
  append_compact_list<Peer>(out, state.peers);
  out += ",\"cidrs\":";
  append_compact_list<Cidr>(out, state.cidrs);
  // As before relays, for those who compare.
  if (!state.relays.empty()) append_json(out << ",\"relays\":", std::span<const Relay>(state.relays));
  if (!state.servers.empty()) append_servers(out, state.servers);
  if (state.term) out << ",\"term\":" << *state.term;
  out += '}';
}

void append_json(std::string& out, const StateDelta& delta) {
  out += "{\"peers\":";
  append_compact_list<Peer>(out, delta.peers);
  out += ",\"gone\":[";
  for (std::size_t i = 0; i < delta.gone.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(number(delta.gone[i]));
  }
  out += ']';
  if (delta.cidrs) {
    out += ",\"cidrs\":";
    append_compact_list<Cidr>(out, *delta.cidrs);
  }
  if (delta.relays) append_json(out << ",\"relays\":", std::span<const Relay>(*delta.relays));
  if (delta.servers) append_servers(out, *delta.servers);
  if (delta.term) out << ",\"term\":" << *delta.term;
  out += '}';
}

void append_json(std::string& out, const RelayOfPeer& relay) { append_relay<Compact>(out, relay); }

void append_json(std::string& out, const RelayGroups& groups) {
  const auto append_key = [](std::string& to, const wg::PublicKey& key) {
    to += '"';
    key.append_base64(to);
    to += '"';
  };
  const auto append_group = [&](std::string& to, const std::vector<wg::PublicKey>& keys) {
    append_list<Compact, kListLevel, wg::PublicKey>(to, keys, append_key);
  };
  out += "{\"groups\":";
  append_list<Compact, kListLevel, std::vector<wg::PublicKey>>(out, groups.groups, append_group);
  out += ",\"pairs\":";
  append_list<Compact, kListLevel, RelayGroups::Pair>(
      out, groups.pairs, [](std::string& to, const RelayGroups::Pair& pair) { to << "[" << pair.first << "," << pair.second << "]"; });
  out += '}';
}

std::string candidates_to_json(const std::vector<Endpoint>& candidates) {
  std::string out;
  append_list<Compact, 0, Endpoint>(out, candidates, append_endpoint);
  return out;
}

std::string relay_registrations_to_json(std::span<const wg::PublicKey> keys) {
  std::string out;
  append_list<Compact, 0>(out, keys, [](std::string& to, const wg::PublicKey& key) {
    to += '"';
    key.append_base64(to);
    to += '"';
  });
  return out;
}

std::string relay_distances_to_json(const std::vector<RelayDistance>& distances) {
  std::string out;
  append_list<Compact, 0, RelayDistance>(out, distances, append_distance);
  return out;
}

std::string endpoint_option_to_json(const std::optional<Endpoint>& endpoint) {
  if (!endpoint) return R"({"option":"Unset"})";
  std::string out = R"({"option":"Set","content":)";
  append_endpoint(out, *endpoint);
  out += '}';
  return out;
}

std::string redeem_to_json(const wg::PublicKey& key) {
  std::string out = R"({"public_key":")";
  key.append_base64(out);
  out += "\"}";
  return out;
}

std::string to_json(const Capabilities& capabilities) {
  std::string out;
  out << "{\"unspecified_ip_in_override_endpoint\":" << capabilities.unspecified_ip_in_override_endpoint
      << ",\"state_etag\":" << capabilities.state_etag << ",\"state_wait_max\":" << capabilities.state_wait_max
      << ",\"state_delta\":" << capabilities.state_delta << ",\"seen_at\":" << capabilities.seen_at
      << ",\"peer_relays\":" << capabilities.peer_relays << ",\"relay_registrations\":" << capabilities.relay_registrations << "}";
  return out;
}

std::string to_json(const SeenAt& seen) {
  std::string out;
  const auto append = [&](std::string_view key, const std::optional<SocketAddress>& address) {
    out << key;
    if (address)
      append_endpoint(out, Endpoint::of(*address));
    else
      out << "null";
  };
  append("{\"by_server\":", seen.by_server);
  append(",\"by_relay\":", seen.by_relay);
  return out += '}';
}

std::string error_to_json(std::string_view message) {
  std::string out = R"({"error":)";
  append_json_string(out, message);
  out += '}';
  return out;
}

void write_data_store(const State& state, const std::function<void(std::string_view)>& take) {
  constexpr std::size_t kPiece = 64U << 10U;
  std::string out;
  out.reserve(std::min(expected_size(state.peers.size(), state.cidrs.size()) * 3 / 2, kPiece + kPiece / 4));
  const auto append_stored = [&](std::string& to, const Peer& peer) {
    append_with_id<Pretty>(to, peer);
    if (to.size() < kPiece) return;
    take(to);
    to.clear();
  };
  out += "{\n  \"version\": \"1\",\n  \"peers\": ";
  append_list<Pretty, kListLevel, Peer>(out, state.peers, append_stored);
  out += ",\n  \"cidrs\": ";
  append_list<Pretty, kListLevel, Cidr>(out, state.cidrs, append_with_id<Pretty, Cidr>);
  out += "\n}";
  take(out);
}

std::string data_store_to_json(const State& state) {
  std::string whole;
  write_data_store(state, [&](std::string_view piece) { whole += piece; });
  return whole;
}

}  // namespace innernet
