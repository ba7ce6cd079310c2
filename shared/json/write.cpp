#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstring>
#include <iterator>

#include "innernet/base/utf8.hpp"
#include "innernet/shared/json.hpp"

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

void append_endpoints(std::string& out, const std::vector<Endpoint>& endpoints) {
  out += '[';
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (i > 0) out += ',';
    append_endpoint(out, endpoints[i]);
  }
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
  char bytes_[320];  // the longest run: keep-alive, flags and expiry, some 200 bytes
  char* at_ = bytes_;
};

// Everything of a peer behind `run`, which ends where its name begins.
void append_peer(std::string& out, Run& run, const PeerContents& peer) {
  run << "\"name\":\"" << peer.name << "\",\"ip\":\"";
  out += run.view();
  peer.ip.append_to(out);

  Run middle;
  middle << "\",\"cidr_id\":" << number(peer.cidr_id) << ",\"public_key\":\"";
  out += middle.view();
  peer.public_key.append_base64(out);

  Run rest;
  if (peer.endpoint) {
    out += "\",\"endpoint\":\"";
    peer.endpoint->append_to(out);
    rest << "\",\"persistent_keepalive_interval\":";
  } else {
    rest << "\",\"endpoint\":null,\"persistent_keepalive_interval\":";
  }
  if (peer.persistent_keepalive_interval)
    rest << *peer.persistent_keepalive_interval;
  else
    rest << "null";
  peer.is_admin ? rest << ",\"is_admin\":true,\"is_disabled\":" : rest << ",\"is_admin\":false,\"is_disabled\":";
  peer.is_disabled ? rest << "true,\"is_redeemed\":" : rest << "false,\"is_redeemed\":";
  peer.is_redeemed ? rest << "true,\"invite_expires\":" : rest << "false,\"invite_expires\":";
  if (peer.invite_expires)
    rest << "{\"secs_since_epoch\":" << peer.invite_expires->seconds << ",\"nanos_since_epoch\":" << peer.invite_expires->nanoseconds
         << "},\"candidates\":";
  else
    rest << "null,\"candidates\":";
  out += rest.view();
  append_endpoints(out, peer.candidates);
  out += '}';
}

void append_rest(std::string& out, const CidrContents& cidr) {
  out += "\"name\":";
  append_json_string(out, cidr.name);
  out += ",\"cidr\":\"";
  cidr.cidr.address().append_to(out);
  out += '/';
  append_number(out, cidr.cidr.prefix());
  out += "\",\"parent\":";
  if (cidr.parent)
    append_number(out, number(*cidr.parent));
  else
    out += "null";
  out += '}';
}

void append_rest(std::string& out, const AssociationContents& association) {
  out += "\"cidr_id_1\":";
  append_number(out, number(association.cidr_id_1));
  out += ",\"cidr_id_2\":";
  append_number(out, number(association.cidr_id_2));
  out += '}';
}

template <class Contents>
void append_contents(std::string& out, const Contents& contents) {
  out += '{';
  append_rest(out, contents);
}

template <class Whole>
void append_with_id(std::string& out, const Whole& whole) {
  out += "{\"id\":";
  append_number(out, number(whole.id));
  out += ',';
  append_rest(out, whole);
}

template <class T>
void append_list(std::string& out, std::span<const T> list) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    append_json(out, list[i]);
  }
  out += ']';
}

// A peer takes 350 to 450 bytes, a CIDR about 80.
std::size_t expected_size(std::size_t peers, std::size_t cidrs) { return 64 + peers * 450 + cidrs * 96; }

void append_key(std::string& out, std::string_view key) {
  append_plain(out, key);
  out += ':';
}

// serde_json's pretty form: two spaces, one element a line, nothing between the brackets of an empty container. `compact` is ours: valid,
// and not nested deeper than a data store.
std::string pretty(std::string_view compact) {
  constexpr std::size_t kDeepest = 6;
  constexpr std::size_t kMostAdded = 1 + 2 * kDeepest;  // a line feed and its spaces; a colon gets one space
  const auto gets_longer = [](char c) { return c == ',' || c == ':' || c == '[' || c == '{' || c == ']' || c == '}'; };
  const auto most = compact.size() + kMostAdded * static_cast<std::size_t>(std::ranges::count_if(compact, gets_longer));
  std::string out;
  out.resize_and_overwrite(most, [&](char* const start, std::size_t) {
    char* to = start;
    std::size_t depth = 0;
    const auto new_line = [&] {
      *to++ = '\n';
      to = std::fill_n(to, 2U * std::min(depth, kDeepest), ' ');
    };
    for (std::size_t i = 0; i < compact.size(); ++i) {
      const char c = compact[i];
      switch (c) {
        case '"': {
          std::size_t end = i + 1;
          while (compact[end] != '"') end += compact[end] == '\\' ? std::size_t{2} : std::size_t{1};
          to = std::copy_n(compact.data() + i, end - i + 1, to);
          i = end;
          break;
        }
        case '[':
        case '{':
          *to++ = c;
          if (const char next = compact[i + 1]; next == ']' || next == '}') {
            *to++ = next;
            ++i;
          } else {
            ++depth;
            new_line();
          }
          break;
        case ']':
        case '}':
          --depth;
          new_line();
          *to++ = c;
          break;
        case ',':
          *to++ = c;
          new_line();
          break;
        case ':':
          *to++ = c;
          *to++ = ' ';
          break;
        default:
          *to++ = c;
      }
    }
    return static_cast<std::size_t>(to - start);
  });
  return out;
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
  append_peer(out, run, peer);
}
void append_json(std::string& out, const Peer& peer) {
  Run run;
  run << "{\"id\":" << number(peer.id) << ",";
  append_peer(out, run, peer);
}
void append_json(std::string& out, const CidrContents& cidr) { append_contents(out, cidr); }
void append_json(std::string& out, const Cidr& cidr) { append_with_id(out, cidr); }
void append_json(std::string& out, const AssociationContents& association) { append_contents(out, association); }
void append_json(std::string& out, const Association& association) { append_with_id(out, association); }
void append_json(std::string& out, std::span<const Peer> peers) { append_list(out, peers); }
void append_json(std::string& out, std::span<const Cidr> cidrs) { append_list(out, cidrs); }
void append_json(std::string& out, std::span<const Association> associations) { append_list(out, associations); }

void append_json(std::string& out, const State& state) {
  out.reserve(out.size() + expected_size(state.peers.size(), state.cidrs.size()));
  out += "{\"peers\":";
  append_list<Peer>(out, state.peers);
  out += ",\"cidrs\":";
  append_list<Cidr>(out, state.cidrs);
  out += '}';
}

void append_json(std::string& out, const StateDelta& delta) {
  out += "{\"peers\":";
  append_list<Peer>(out, delta.peers);
  out += ",\"gone\":[";
  for (std::size_t i = 0; i < delta.gone.size(); ++i) {
    if (i > 0) out += ',';
    append_number(out, number(delta.gone[i]));
  }
  out += ']';
  if (delta.cidrs) {
    out += ",\"cidrs\":";
    append_list<Cidr>(out, *delta.cidrs);
  }
  out += '}';
}

std::string candidates_to_json(const std::vector<Endpoint>& candidates) {
  std::string out;
  append_endpoints(out, candidates);
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

std::string data_store_to_json(const State& state) {
  std::string compact = R"({"version":"1","peers":)";
  compact.reserve(expected_size(state.peers.size(), state.cidrs.size()));
  append_list<Peer>(compact, state.peers);
  compact += ",\"cidrs\":";
  append_list<Cidr>(compact, state.cidrs);
  compact += '}';
  return pretty(compact);
}

}  // namespace innernet
