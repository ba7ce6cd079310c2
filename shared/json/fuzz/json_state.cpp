// The large bodies: whatever is accepted prints to something that is accepted and equal.
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "innernet/json/json.hpp"

using namespace innernet;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

const Warn kQuiet = [](std::string_view) {};
const Warn kNeverAgain = [](std::string_view) { std::abort(); };  // what we print needs no warning

std::optional<State> in_two_pieces(std::string_view text) {
  DataStoreReader reader(kQuiet, text.size());
  if (!reader.take(text.substr(0, text.size() / 2)) || !reader.take(text.substr(text.size() / 2))) return std::nullopt;
  auto state = std::move(reader).finish();
  if (!state) return std::nullopt;
  return *std::move(state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto state = parse_state(text, kQuiet)) {
    const std::string printed = to_json(*state);
    const auto again = parse_state(printed, kNeverAgain);
    require(again && *again == *state && to_json(*again) == printed);
    const auto stored = parse_data_store(data_store_to_json(*state), kNeverAgain);
    require(stored && *stored == State{.peers = state->peers, .cidrs = state->cidrs});
  }
  if (const auto store = parse_data_store(text, kQuiet)) {
    const auto again = parse_data_store(data_store_to_json(*store), kNeverAgain);
    require(again && *again == *store);
    require(parse_state(data_store_to_json(*store), kNeverAgain).has_value());  // a store is a state with a version
    require(in_two_pieces(text) == *store);
  } else {
    require(!in_two_pieces(text));
  }
  if (const auto delta = parse_state_delta(text, kQuiet)) {
    const auto again = parse_state_delta(to_json(*delta), kNeverAgain);
    require(again && again->peers == delta->peers && again->gone == delta->gone && again->cidrs == delta->cidrs);
    require(again->relays == delta->relays && again->servers == delta->servers && again->term == delta->term);
  }
  if (const auto peers = parse_peers(text, kQuiet)) {
    const auto again = parse_peers(to_json(std::span<const Peer>(*peers)), kNeverAgain);
    require(again && *again == *peers);
  }
  return 0;
}
