#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstring>
#include <iterator>

#include "innernet/base/utf8.hpp"
#include "innernet/json/json.hpp"

namespace innernet {
namespace {

template <class Integer>
void append_number(std::string& out, Integer value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_bool(std::string& out, bool value) {
  if (value)
    out += "true";
  else
    out += "false";
}

// Names, addresses, keys and endpoints have no character that JSON escapes, so they go out as they are.
void append_plain(std::string& out, std::string_view text) {
  out += '"';
  out += text;
  out += '"';
}

void append_endpoint(std::string& out, const Endpoint& endpoint) {
  out += '"';
  endpoint.append_to(out);
  out += '"';
}

// What stands before each element and member, by how deep it is nested, and behind a key.
struct Compact {
  template <std::size_t>
  static constexpr std::array<char, 0> kLine{};
  static constexpr std::array kColon{':'};
};

template <std::size_t Level>
consteval auto make_line() {
  std::array<char, 1 + 2 * Level> line{'\n'};
  std::fill(line.begin() + 1, line.end(), ' ');
  return line;
}

// serde_json's pretty form: two spaces a level, one element a line, nothing between the brackets of an empty container.
struct Pretty {
  template <std::size_t Level>
  static constexpr auto kLine = make_line<Level>();
  static constexpr std::array kColon{':', ' '};
};

template <std::size_t N>
struct Name {
  consteval Name(const char (&text)[N]) { std::copy_n(text, N - 1, characters.begin()); }  // NOLINT(google-explicit-constructor): for kKey
  std::array<char, N - 1> characters{};
};

template <class Layout, std::size_t Level, Name kName>
consteval auto make_key() {
  constexpr auto kLine = Layout::template kLine<Level>;
  std::array<char, kLine.size() + kName.characters.size() + 2 + Layout::kColon.size()> key{};
  char* at = std::ranges::copy(kLine, key.data()).out;
  *at++ = '"';
  at = std::ranges::copy(kName.characters, at).out;
  *at++ = '"';
  std::ranges::copy(Layout::kColon, at);
  return key;
}

// A member up to its value, put together by the compiler.
template <class Layout, std::size_t Level, Name kName>
constexpr auto kKey = make_key<Layout, Level, kName>();

// Where a list of peers or CIDRs stands in a data store: a member of the outermost object.
constexpr std::size_t kListLevel = 1;
constexpr std::size_t kElementLevel = kListLevel + 1;
constexpr std::size_t kMemberLevel = kElementLevel + 1;
constexpr std::size_t kInnerLevel = kMemberLevel + 1;

template <std::size_t N>
void append(std::string& out, const std::array<char, N>& text) {
  if constexpr (N > 0) out.append(text.data(), N);
}

template <class Layout, std::size_t Level, class T, class Append>
void append_list(std::string& out, std::span<const T> list, const Append& append_element) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    append(out, Layout::template kLine<Level + 1>);
    append_element(out, list[i]);
  }
  if (!list.empty()) append(out, Layout::template kLine<Level>);
  out += ']';
}

// A short run of text put together on the stack, so that the growing string is asked for room once per run and not once per
// piece: with 10,000 peers that is half of the time. The caller knows that it fits.
class Run {
 public:
  template <std::size_t N>
  Run& operator<<(const char (&literal)[N]) {
    std::memcpy(at_, literal, N - 1);
    at_ += N - 1;
    return *this;
  }
  template <std::size_t N>
  Run& operator<<(const std::array<char, N>& text) {
    if constexpr (N > 0) std::memcpy(at_, text.data(), N);
    at_ += N;
    return *this;
  }
  template <std::integral Integer>
  Run& operator<<(Integer value) {
    at_ = std::to_chars(at_, std::end(bytes_), value).ptr;
    return *this;
  }
  Run& operator<<(const Hostname& name) {
    std::memcpy(at_, name.str().data(), name.str().size());
    at_ += name.str().size();
    return *this;
  }
  std::string_view view() const { return {bytes_, static_cast<std::size_t>(at_ - bytes_)}; }

 private:
  char bytes_[512];  // the longest run: keep-alive, flags and expiry of a pretty peer, some 320 bytes
  char* at_ = bytes_;
};

// Everything of a peer behind `run`, which ends where its name begins.
template <class Layout>
void append_peer(std::string& out, Run& run, const PeerContents& peer) {
  run << kKey<Layout, kMemberLevel, "name"> << "\"" << peer.name << "\"," << kKey<Layout, kMemberLevel, "ip"> << "\"";
  out += run.view();
  peer.ip.append_to(out);

  Run middle;
  middle << "\"," << kKey<Layout, kMemberLevel, "cidr_id"> << number(peer.cidr_id) << ","
         << kKey<Layout, kMemberLevel, "public_key"> << "\"";
  out += middle.view();
  peer.public_key.append_base64(out);

  Run before_endpoint;
  before_endpoint << "\"," << kKey<Layout, kMemberLevel, "endpoint">;
  Run rest;
  if (peer.endpoint) {
    before_endpoint << "\"";
    out += before_endpoint.view();
    peer.endpoint->append_to(out);
    rest << "\",";
  } else {
    out += before_endpoint.view();
    rest << "null,";
  }
  rest << kKey<Layout, kMemberLevel, "persistent_keepalive_interval">;
  if (peer.persistent_keepalive_interval)
    rest << *peer.persistent_keepalive_interval << ",";
  else
    rest << "null,";
  rest << kKey<Layout, kMemberLevel, "is_admin">;
  peer.is_admin ? rest << "true," : rest << "false,";
  rest << kKey<Layout, kMemberLevel, "is_disabled">;
  peer.is_disabled ? rest << "true," : rest << "false,";
  rest << kKey<Layout, kMemberLevel, "is_redeemed">;
  peer.is_redeemed ? rest << "true," : rest << "false,";
  rest << kKey<Layout, kMemberLevel, "invite_expires">;
  if (peer.invite_expires)
    rest << "{" << kKey<Layout, kInnerLevel, "secs_since_epoch"> << peer.invite_expires->seconds << ","
         << kKey<Layout, kInnerLevel, "nanos_since_epoch"> << peer.invite_expires->nanoseconds
         << Layout::template kLine<kMemberLevel> << "},";
  else
    rest << "null,";
  rest << kKey<Layout, kMemberLevel, "candidates">;
  out += rest.view();
  append_list<Layout, kMemberLevel, Endpoint>(out, peer.candidates, append_endpoint);
  append(out, Layout::template kLine<kElementLevel>);
  out += '}';
}

template <class Layout>
void append_peer_with_id(std::string& out, const Peer& peer) {
  Run run;
  run << "{" << kKey<Layout, kMemberLevel, "id"> << number(peer.id) << ",";
  append_peer<Layout>(out, run, peer);
}

// Everything of a CIDR behind what stands before its name.
template <class Layout>
void append_rest(std::string& out, const CidrContents& cidr) {
  append(out, kKey<Layout, kMemberLevel, "name">);
  append_json_string(out, cidr.name);
  out += ',';
  append(out, kKey<Layout, kMemberLevel, "cidr">);
  out += '"';
  cidr.cidr.address().append_to(out);
  out += '/';
  append_number(out, cidr.cidr.prefix());
  out += "\",";
  append(out, kKey<Layout, kMemberLevel, "parent">);
  if (cidr.parent)
    append_number(out, number(*cidr.parent));
  else
    out += "null";
  append(out, Layout::template kLine<kElementLevel>);
  out += '}';
}

template <class Layout>
void append_rest(std::string& out, const AssociationContents& association) {
  append(out, kKey<Layout, kMemberLevel, "cidr_id_1">);
  append_number(out, number(association.cidr_id_1));
  out += ',';
  append(out, kKey<Layout, kMemberLevel, "cidr_id_2">);
  append_number(out, number(association.cidr_id_2));
  append(out, Layout::template kLine<kElementLevel>);
  out += '}';
}

template <class Contents>
void append_contents(std::string& out, const Contents& contents) {
  out += '{';
  append_rest<Compact>(out, contents);
}

template <class Layout, class Whole>
void append_with_id(std::string& out, const Whole& whole) {
  out += '{';
  append(out, kKey<Layout, kMemberLevel, "id">);
  append_number(out, number(whole.id));
  out += ',';
  append_rest<Layout>(out, whole);
}

template <class T>
void append_compact_list(std::string& out, std::span<const T> list) {
  append_list<Compact, kListLevel>(out, list, [](std::string& to, const T& element) { append_json(to, element); });
}

// A peer takes 350 to 450 bytes, a CIDR about 80; half as much again when it is pretty.
std::size_t expected_size(std::size_t peers, std::size_t cidrs) { return 64 + peers * 450 + cidrs * 96; }

void append_key(std::string& out, std::string_view key) {
  append_plain(out, key);
  out += ':';
}

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

void append_json(std::string& out, const PeerContents& peer) {
  Run run;
  run << "{";
  append_peer<Compact>(out, run, peer);
}
void append_json(std::string& out, const Peer& peer) { append_peer_with_id<Compact>(out, peer); }
void append_json(std::string& out, const CidrContents& cidr) { append_contents(out, cidr); }
void append_json(std::string& out, const Cidr& cidr) { append_with_id<Compact>(out, cidr); }
void append_json(std::string& out, const AssociationContents& association) { append_contents(out, association); }
void append_json(std::string& out, const Association& association) { append_with_id<Compact>(out, association); }
void append_json(std::string& out, std::span<const Peer> peers) { append_compact_list(out, peers); }
void append_json(std::string& out, std::span<const Cidr> cidrs) { append_compact_list(out, cidrs); }
void append_json(std::string& out, std::span<const Association> associations) { append_compact_list(out, associations); }

void append_json(std::string& out, const State& state) {
  out.reserve(out.size() + expected_size(state.peers.size(), state.cidrs.size()));
  out += "{\"peers\":";
  append_compact_list<Peer>(out, state.peers);
  out += ",\"cidrs\":";
  append_compact_list<Cidr>(out, state.cidrs);
  out += '}';
}

void append_json(std::string& out, const StateDelta& delta) {
  out += "{\"peers\":";
  append_compact_list<Peer>(out, delta.peers);
  out += ",\"gone\":[";
  for (std::size_t i = 0; i < delta.gone.size(); ++i) {
    if (i > 0) out += ',';
    append_number(out, number(delta.gone[i]));
  }
  out += ']';
  if (delta.cidrs) {
    out += ",\"cidrs\":";
    append_compact_list<Cidr>(out, *delta.cidrs);
  }
  out += '}';
}

std::string candidates_to_json(const std::vector<Endpoint>& candidates) {
  std::string out;
  append_list<Compact, 0, Endpoint>(out, candidates, append_endpoint);
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
  std::string out = "{";
  append_key(out, "unspecified_ip_in_override_endpoint");
  append_bool(out, capabilities.unspecified_ip_in_override_endpoint);
  out += ',';
  append_key(out, "state_etag");
  append_bool(out, capabilities.state_etag);
  out += ',';
  append_key(out, "state_wait_max");
  append_number(out, capabilities.state_wait_max);
  out += ',';
  append_key(out, "state_delta");
  append_bool(out, capabilities.state_delta);
  out += '}';
  return out;
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
    append_peer_with_id<Pretty>(to, peer);
    if (to.size() < kPiece) return;
    take(to);
    to.clear();
  };
  out += '{';
  append(out, kKey<Pretty, kListLevel, "version">);
  out += "\"1\",";
  append(out, kKey<Pretty, kListLevel, "peers">);
  append_list<Pretty, kListLevel, Peer>(out, state.peers, append_stored);
  out += ',';
  append(out, kKey<Pretty, kListLevel, "cidrs">);
  append_list<Pretty, kListLevel, Cidr>(out, state.cidrs, append_with_id<Pretty, Cidr>);
  append(out, Pretty::kLine<0>);
  out += '}';
  take(out);
}

std::string data_store_to_json(const State& state) {
  std::string whole;
  write_data_store(state, [&](std::string_view piece) { whole += piece; });
  return whole;
}

}  // namespace innernet
