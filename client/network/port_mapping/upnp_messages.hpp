#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"
#include "mapping.hpp"

namespace innernet::client {

// What is said to, and heard from, a router's UPnP (Internet Gateway Device), as text. No I/O. XML is read by upnp_xml.hpp.

constexpr std::uint16_t kSearchPort = 1900;

/// A URL on the router itself.
struct RouterUrl {
  SocketAddress host;
  std::string path;

  friend bool operator==(const RouterUrl&, const RouterUrl&) = default;
};

/// Fails unless it is plain HTTP to the router's address as a literal: whatever else it names is nobody to talk to.
Result<RouterUrl> router_url(std::string_view text, const IpAddress& router);
/// One that may be relative to `base`.
Result<RouterUrl> router_url(std::string_view text, const RouterUrl& base);

/// SSDP's questions for routers, to be sent to `host`.
std::vector<std::string> search_requests(const SocketAddress& host);
/// Where an answer to them says that the router describes itself.
Result<RouterUrl> described_at(std::string_view answer, const IpAddress& router);

std::string get_request(const RouterUrl& url);

/// A service that maps ports.
struct UpnpService {
  RouterUrl control;
  std::string type;

  friend bool operator==(const UpnpService&, const UpnpService&) = default;
};
/// Whether `type` is one of those that we can use.
bool is_mapping_service(std::string_view type);

std::string outside_address_request(const UpnpService& service);
std::string add_mapping_request(const UpnpService& service, const MappingRequest& request, const IpAddress& local);
std::string delete_mapping_request(const UpnpService& service, std::uint16_t outside_port);

/// Codes of UPnP's errors that we act on.
constexpr int kPortTaken = 718;         // by another machine
constexpr int kPermanentOnly = 725;     // it makes no mapping that ends by itself
constexpr int kTakenByTheRouter = 729;  // by something of its own

std::string upnp_refusal(int code);

/// Another port to ask for, the `attempt`th (from 1), when the one that we want is taken: always the same ones for a port.
std::uint16_t other_port(std::uint16_t port, int attempt);

}  // namespace innernet::client
