#include "innernet/values/hostname.hpp"

#include <fmt/format.h>

namespace innernet {
namespace {

constexpr std::size_t kMostBytes = 63;  // a DNS label, RFC 1035 2.3.4

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > kMostBytes) return false;
  bool after_dash = true;  // a dash may neither begin the name nor follow another
  for (const char c : text) {
    const bool is_dash = c == '-';
    if (is_dash ? after_dash : !(('a' <= c && c <= 'z') || ('0' <= c && c <= '9'))) return false;
    after_dash = is_dash;
  }
  return !after_dash;
}

}  // namespace

Result<Hostname> Hostname::parse(std::string_view text) {
  if (!is_hostname(text)) {
    return invalid_input(fmt::format(
        "{} is not a valid name: 1 to 63 lower case letters and digits, with single dashes between them (like db-server-2)", quoted(text)));
  }
  return Hostname(text);
}

}  // namespace innernet
