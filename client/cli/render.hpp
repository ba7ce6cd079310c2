#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "colour.hpp"
#include "innernet/base/clock.hpp"
#include "innernet/json/json_object.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/peer.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

// What the lists of the client look like, byte for byte. Pure: everything they depend on is a parameter.

enum class Layout { kLong, kShort, kTree };

struct Appearance {
  Layout layout = Layout::kLong;
  bool whole_keys = false;
  Palette palette{false};
};

/// A network that is up.
struct NetworkView {
  const wg::Device& device;
  const State& state;                    ///< the data store; may be empty
  std::optional<IpAddress> own_address;  ///< of the config, when it could be read
  const std::map<IpAddress, Endpoint>& overrides;
  WallTime now;
  const std::vector<Relay>& relays;  ///< whose keys are on the device, though they are no peers to anybody
};

/// `innernet show` of one network: the peers on the device and ourselves, by address. A peer that the state does not know is `unknown`.
std::string render_network(const NetworkView& view, const Appearance& appearance);

/// The same as --json has it (doc/json.md).
JsonObject describe_network(const NetworkView& view);

/// `innernet list-cidrs`: `CIDR NAME` a line, in the order of ids; with `tree` each below its parent. Never coloured.
std::string render_cidrs(std::span<const Cidr> cidrs, bool tree);

/// `innernet list-associations`: `ID: NAME1 <=> NAME2` a line.
std::string render_associations(std::span<const Association> associations, std::span<const Cidr> cidrs);

}  // namespace innernet::client
