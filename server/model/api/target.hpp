#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace innernet::server::api {

/// The components of a request target's path, as the Rust server splits it: slashes in front are skipped, every other one
/// separates, so that a slash at the end is an empty component. No percent-decoding; the query is dropped.
std::vector<std::string_view> path_components(std::string_view target);

/// A signed 64-bit integer in decimal, with an optional sign.
std::optional<std::int64_t> parse_id(std::string_view text);

}  // namespace innernet::server::api
