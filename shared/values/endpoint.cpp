#include "innernet/values/endpoint.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

#include "domain_name.hpp"

namespace innernet {
Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return invalid_input(
        fmt::format("{} is not an endpoint: {} (like 203.0.113.7:51820, [2001:db8::1]:51820 or vpn.example.com:51820)", quoted(text), why));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("it has no port");

  const std::string_view port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (failure != std::errc() || end != port_text.data() + port_text.size()) return refuse("the port is not a number from 0 to 65535");

  const std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    const auto address = IpAddress::parse(host.substr(1, host.size() - 2));
    if (!address || !address->is_v6()) return refuse("there is no IPv6 address in the brackets");
    return Endpoint(*address, port);
  }
  if (const auto address = IpAddress::parse(host); address && address->is_v4()) return Endpoint(*address, port);
  auto name = parse_domain_name(host);
  if (!name) return refuse("the host is neither an address nor a domain name");
  return Endpoint(*std::move(name), port);
}

bool Endpoint::is_unspecified() const {
  const auto* address = std::get_if<IpAddress>(&host_);
  return address != nullptr && address->is_unspecified();
}

std::string Endpoint::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

void Endpoint::append_to(std::string& out) const {
  if (const auto* name = std::get_if<std::string>(&host_)) {
    out += *name;
  } else if (const auto& address = std::get<IpAddress>(host_); address.is_v6()) {
    out += '[';
    address.append_to(out);
    out += ']';
  } else {
    address.append_to(out);
  }
  char digits[5];
  out += ':';
  out.append(digits, std::to_chars(digits, digits + sizeof digits, port_).ptr);
}

bool can_be_outside(const SocketAddress& address, const IpNet& network) {
  const IpAddress ip = address.ip.unmapped();
  const bool is_this_network = ip.is_v4() && ip.bytes()[0] == 0;  // 0.0.0.0/8: this machine, to Linux (RFC 6890)
  const bool is_broadcast = ip.is_v4() && std::ranges::all_of(ip.bytes(), [](std::uint8_t byte) { return byte == 0xFF; });
  return address.port != 0 && !ip.is_unspecified() && !is_this_network && !ip.is_loopback() && !ip.is_multicast() && !is_broadcast &&
         !network.contains(ip);
}

bool can_be_outside(const Endpoint& endpoint, const IpNet& network) {
  if (const auto* ip = std::get_if<IpAddress>(&endpoint.host())) return can_be_outside(SocketAddress{*ip, endpoint.port()}, network);
  return endpoint.port() != 0;
}

}  // namespace innernet
