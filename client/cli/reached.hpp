#pragma once

#include <span>
#include <string>

#include "innernet/json/json_object.hpp"
#include "peer_rows.hpp"

namespace innernet::client {

// What `fetch --wait` says in the end. Pure. `unreached`: who was waited for in vain.

/// A line a peer, those who are not reached last, and one that counts.
std::string render_reached(const NetworkView& view, std::span<const wg::PublicKey> unreached);

/// The same as --json has it (doc/json.md).
JsonObject describe_reached(const NetworkView& view, std::span<const wg::PublicKey> unreached);

}  // namespace innernet::client
