#pragma once

#include <span>
#include <string>
#include <vector>

#include "colour.hpp"
#include "innernet/json/json_object.hpp"
#include "innernet/values/peer.hpp"
#include "peer_rows.hpp"

namespace innernet::client {

// What the lists of the client look like, byte for byte. Pure: everything they depend on is a parameter.

enum class Layout { kLong, kShort, kTree };

struct Appearance {
  Layout layout = Layout::kLong;
  bool whole_keys = false;
  Palette palette{false};
};

/// `innernet show` of one network: the peers on the device and ourselves, by address. A peer that the state does not know is `unknown`.
std::string render_network(const NetworkView& view, const Appearance& appearance);

/// The same as --json has it (doc/json.md).
JsonObject describe_network(const NetworkView& view);

/// `5 seconds ago`, or that this is not known.
std::string when(WallTime moment, WallTime now);
/// As --json has it.
std::string name_of(Way way);
JsonObject describe_peer(const PeerRow& row, WallTime now);

/// `innernet list-cidrs`: `CIDR NAME` a line, in the order of ids; with `tree` each below its parent. Never coloured.
std::string render_cidrs(std::span<const Cidr> cidrs, bool tree);

/// `innernet list-associations`: `ID: NAME1 <=> NAME2` a line.
std::string render_associations(std::span<const Association> associations, std::span<const Cidr> cidrs);

}  // namespace innernet::client
