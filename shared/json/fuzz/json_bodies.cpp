// The small bodies: whatever is accepted prints to something that is accepted and equal.
#include <cstdint>
#include <cstdlib>

#include "innernet/json/json.hpp"

using namespace innernet;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Parse, class Print>
void round_trip(std::string_view text, Parse parse, Print print) {
  const auto value = parse(text);
  if (!value) return;
  const auto again = parse(print(*value));
  require(again && *again == *value);
}

template <class T>
std::string list_to_json(const std::vector<T>& list) {
  return to_json(std::span<const T>(list));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  round_trip(text, parse_peer, to_json<Peer>);
  round_trip(text, parse_peer_contents, to_json<PeerContents>);
  round_trip(text, parse_cidr, to_json<Cidr>);
  round_trip(text, parse_cidrs, list_to_json<Cidr>);
  round_trip(text, parse_cidr_contents, to_json<CidrContents>);
  round_trip(text, parse_associations, list_to_json<Association>);
  round_trip(text, parse_association_contents, to_json<AssociationContents>);
  round_trip(text, parse_endpoint_option, endpoint_option_to_json);
  round_trip(text, parse_candidates, candidates_to_json);
  round_trip(text, parse_relay_of_peer, to_json<RelayOfPeer>);
  round_trip(text, parse_relay_groups, to_json<RelayGroups>);
  round_trip(text, parse_relay_distances, relay_distances_to_json);
  round_trip(text, parse_redeem, redeem_to_json);
  round_trip(text, parse_error, error_to_json);
  if (const auto capabilities = parse_capabilities(text)) {
    const std::string printed = to_json(*capabilities);
    require(to_json(parse_capabilities(printed).value()) == printed);
  }
  const auto stored = parse_stored_candidates(text);
  require(parse_candidates(candidates_to_json(stored)) == stored);
  if (const auto strict = parse_candidates(text)) require(stored == *strict);

  // Any bytes at all come out as JSON.
  require(parse_error(error_to_json(text)).has_value());
  return 0;
}
