// innernet-publicip: prints the public addresses of this machine, as seen by a DNS resolver that answers with them.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <string_view>

#include "innernet/publicip/publicip.hpp"

namespace {

using namespace innernet;

constexpr int kUsageError = 2;

constexpr std::string_view kHelp =
    "Prints the public IPv4 and IPv6 address of this machine, or ? where none is known.\n"
    "\n"
    "Usage: innernet-publicip [OPTIONS]\n"
    "\n"
    "Options:\n"
    "      --resolver4 <ADDR:PORT>  Ask this resolver over IPv4 [default: 9.9.9.9:53]\n"
    "      --resolver6 <ADDR:PORT>  Ask this resolver over IPv6 [default: [2620:fe::fe]:53]\n"
    "  -h, --help                   Print help\n"
    "  -V, --version                Print version\n";

int usage_error(std::string_view message) {
  fmt::print(stderr, "[E] {}\nFor more information, try '--help'.\n", message);
  return kUsageError;
}

// A reader that went away is no failure; a full disk is one.
int print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written || errno == EPIPE) return 0;
  fmt::print(stderr, "[E] {}\n", Error::system(errno, "writing to standard output").message());
  return 1;
}

std::string shown(const std::optional<IpAddress>& address) { return address ? address->to_string() : "?"; }

// Of the family that the option is for: asked over the other one, a resolver would see the other address.
Result<SocketAddress> parse_resolver(std::string_view option, std::string_view text) {
  TRY_CONTEXT(const SocketAddress address, SocketAddress::parse(text), option);
  if (address.ip.is_v6() != (option == "--resolver6"))
    return invalid_input(fmt::format("{}: {} is of the other family", option, quoted(text)));
  if (address.port == 0) return invalid_input(fmt::format("{}: {} has port 0", option, quoted(text)));
  return address;
}

int run(std::span<const char* const> arguments) {
  publicip::Resolvers resolvers = publicip::quad9();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const std::string_view option = argument.substr(0, argument.find('='));
    if (argument == "-h" || argument == "--help") return print(kHelp);
    if (argument == "-V" || argument == "--version") return print("innernet-publicip " INNERNET_VERSION "\n");
    if (option != "--resolver4" && option != "--resolver6") return usage_error(fmt::format("{} is not an option", quoted(argument)));
    std::string_view value;
    if (option.size() < argument.size()) {
      value = argument.substr(option.size() + 1);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return usage_error(fmt::format("{} needs a value", option));
    }
    const auto resolver = parse_resolver(option, value);
    if (!resolver) return usage_error(resolver.error().message());
    (option == "--resolver4" ? resolvers.ipv4 : resolvers.ipv6) = *resolver;
  }
  const auto found = publicip::detect(resolvers);
  return print(fmt::format("ipv4: {}\nipv6: {}\n", shown(found.ipv4), shown(found.ipv6)));
}

}  // namespace

int main(int argc, char** argv) { return run(std::span(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0)); }
