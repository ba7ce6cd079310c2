#pragma once

#include <optional>
#include <string>

namespace innernet {

/// The ASCII form of a domain name with labels in Unicode or punycode, none when it has none: wrong UTF-8, letters that no name may have
/// (controls of text direction among them), punycode of something else than itself. Pure ASCII labels are hardly looked at.
/// `name` holds no control characters.
std::optional<std::string> to_punycode(const std::string& name);

}  // namespace innernet
