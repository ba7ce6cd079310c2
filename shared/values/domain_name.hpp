#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace innernet {

/// A domain name as it is looked up, stored and sent: lower case ASCII, other scripts in punycode (IDNA 2008 after the mapping of UTS 46),
/// a final dot where there was one. None when `text` is no such name, or one that the Rust programs would read otherwise or not at all.
std::optional<std::string> parse_domain_name(std::string_view text);

}  // namespace innernet
