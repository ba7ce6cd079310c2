#include "innernet/base/interface_name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace innernet {

Result<InterfaceName> InterfaceName::parse(std::string_view text) {
  // The kernel's isspace() also counts the byte 0xA0 (lib/ctype.c: Latin-1), so an "à" in UTF-8 is refused, too.
  constexpr std::string_view kForbidden{"\0/: \t\n\v\f\r\xA0", 10};
  const bool valid =
      !text.empty() && text.size() <= 15 && text != "." && text != ".." && text.find_first_of(kForbidden) == std::string_view::npos;
  if (!valid)
    return invalid_input(
        fmt::format("{} is not an interface name: 1 to 15 bytes without white space, '/' and ':' (like evilcorp)", quoted(text)));
  // Each interface has a folder of its name beside these two (net/ipv4/devinet.c: sysctl_dev_name_is_allowed).
  if (text == "all" || text == "default")
    return invalid_input(
        fmt::format("{} can't be an interface's name: it is the kernel's own (/proc/sys/net/ipv4/conf/{})", quoted(text), text));
  return InterfaceName(text);
}

}  // namespace innernet
