#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"

namespace innernet {

/// Where a peer can be reached from outside: a host and a UDP port, printed `host:port` (IPv6 in brackets).
///
/// A host is an address or a domain name, which may be typed in Unicode and is kept in punycode. Only names that the Rust programs can
/// read, too, are accepted, because one endpoint that they can't read makes them drop the whole network state.
class Endpoint {
 public:
  using Host = std::variant<IpAddress, std::string>;

  /// Fails with kInvalidInput and a message that shows `text` and what is expected.
  static Result<Endpoint> parse(std::string_view text);

  static Endpoint of(const SocketAddress& address) { return {address.ip, address.port}; }

  /// The same host.
  Endpoint with_port(std::uint16_t port) const { return {host_, port}; }

  const Host& host() const { return host_; }
  std::uint16_t port() const { return port_; }

  /// True for 0.0.0.0 and [::]: "this machine, at whatever address the server sees it".
  bool is_unspecified() const;

  std::string to_string() const;
  void append_to(std::string& out) const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;

 private:
  Endpoint(Host host, std::uint16_t port) : host_(std::move(host)), port_(port) {}

  Host host_;
  std::uint16_t port_;
};

/// Whether a peer of `network` can be at `address`: what comes from somebody else must not aim our packets at this machine itself, at
/// everybody around, or back into the tunnel.
bool can_be_outside(const SocketAddress& address, const IpNet& network);
/// The same of an endpoint, as far as it tells: a name can be anywhere, until it is looked up.
bool can_be_outside(const Endpoint& endpoint, const IpNet& network);

}  // namespace innernet
