#include "upnp_messages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../http_response.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kLongestPath = 512;
constexpr std::uint16_t kHttpPort = 80;

constexpr std::array<std::string_view, 3> kServices{"urn:schemas-upnp-org:service:WANIPConnection:1",
                                                    "urn:schemas-upnp-org:service:WANIPConnection:2",
                                                    "urn:schemas-upnp-org:service:WANPPPConnection:1"};

// It goes into a request line.
bool is_path(std::string_view text) {
  return text.starts_with('/') && text.size() <= kLongestPath && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

using Argument = std::pair<std::string_view, std::string>;

std::string action_request(const UpnpService& service, std::string_view action, const std::vector<Argument>& arguments) {
  std::string body = fmt::format(
      "<?xml version=\"1.0\"?>\r\n"
      "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">"
      "<s:Body><u:{} xmlns:u=\"{}\">",
      action, service.type);
  // In the order of the standard, which some routers insist on. No value of ours has a character that XML knows.
  for (const auto& [name, value] : arguments) body += fmt::format("<{0}>{1}</{0}>", name, value);
  body += fmt::format("</u:{}></s:Body></s:Envelope>\r\n", action);
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: text/xml; charset=\"utf-8\"\r\nContent-Length: {}\r\nSOAPAction: \"{}#{}\"\r\n"
      "Connection: close\r\n\r\n{}",
      service.control.path, service.control.host.to_string(), body.size(), service.type, action, body);
}

}  // namespace

Result<RouterUrl> router_url(std::string_view text, const IpAddress& router) {
  const auto not_its_own = [&] {
    return invalid_input(fmt::format("{} is no URL of the router's at {}", quoted(text), router.to_string()));
  };
  std::string_view rest = text;
  constexpr std::string_view kScheme = "http://";
  if (!rest.starts_with(kScheme)) return not_its_own();
  rest.remove_prefix(kScheme.size());
  const auto slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  const std::string path(slash == std::string_view::npos ? "/" : rest.substr(slash));
  auto host = SocketAddress::parse(authority);
  if (!host) {
    const auto ip = IpAddress::parse(authority);
    if (!ip) return not_its_own();
    host = SocketAddress{*ip, kHttpPort};
  }
  if (host->ip != router || host->port == 0 || !is_path(path)) return not_its_own();
  return RouterUrl{.host = *host, .path = path};
}

Result<RouterUrl> router_url(std::string_view text, const RouterUrl& base) {
  if (text.find("://") != std::string_view::npos) return router_url(text, base.host.ip);
  std::string path(text.starts_with('/') ? text : fmt::format("/{}", text));
  if (text.empty() || !is_path(path)) return invalid_input(fmt::format("{} is no path", quoted(text)));
  return RouterUrl{.host = base.host, .path = std::move(path)};
}

std::vector<std::string> search_requests(const SocketAddress& host) {
  std::vector<std::string> requests;
  for (const int version : {1, 2})
    requests.push_back(
        fmt::format("M-SEARCH * HTTP/1.1\r\nHOST: {}\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
                    "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:{}\r\n\r\n",
                    host.to_string(), version));
  return requests;
}

Result<RouterUrl> described_at(std::string_view answer, const IpAddress& router) {
  TRY(const ResponseHead head, parse_response_head(answer));
  if (head.status != 200) return invalid_input("it is no answer to a search");
  return router_url(head.location, router);
}

std::string get_request(const RouterUrl& url) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", url.path, url.host.to_string());
}

bool is_mapping_service(std::string_view type) { return std::ranges::find(kServices, type) != kServices.end(); }

std::string outside_address_request(const UpnpService& service) { return action_request(service, "GetExternalIPAddress", {}); }

std::string add_mapping_request(const UpnpService& service, const MappingRequest& request, const IpAddress& local) {
  return action_request(service, "AddPortMapping",
                        {{"NewRemoteHost", ""},
                         {"NewExternalPort", std::to_string(request.outside_port)},
                         {"NewProtocol", "UDP"},
                         {"NewInternalPort", std::to_string(request.port)},
                         {"NewInternalClient", local.to_string()},
                         {"NewEnabled", "1"},
                         {"NewPortMappingDescription", "innernet"},
                         {"NewLeaseDuration", std::to_string(request.lifetime.count())}});
}

std::string delete_mapping_request(const UpnpService& service, std::uint16_t outside_port) {
  return action_request(service, "DeletePortMapping",
                        {{"NewRemoteHost", ""}, {"NewExternalPort", std::to_string(outside_port)}, {"NewProtocol", "UDP"}});
}

std::string upnp_refusal(int code) {
  switch (code) {
    case 606:
      return "it does not allow it";
    case kPortTaken:
    case kTakenByTheRouter:
      return "its ports are taken";
    case kPermanentOnly:
      return "it makes only mappings without an end, which would outlive this program";
    case 728:
      return "it has no port left";
    default:
      return fmt::format("it can't do it (error {})", code);
  }
}

std::uint16_t other_port(std::uint16_t port, int attempt) {
  constexpr unsigned kFirst = 20'000;
  constexpr unsigned kMany = 40'000;
  return static_cast<std::uint16_t>(kFirst + (port + static_cast<unsigned>(attempt) * 7'919U) % kMany);
}

}  // namespace innernet::client
