#include "innernet/client/rest_client.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "http_connection.hpp"
#include "innernet/machine/log.hpp"
#include "server_clock.hpp"

namespace innernet::client {
namespace {

ErrorKind kind_of_status(int status) {
  switch (status) {
    case 400:
    case 413:
      return ErrorKind::kInvalidInput;
    case 401:
      return ErrorKind::kPermission;
    case 404:
      return ErrorKind::kNotFound;
    default:
      return ErrorKind::kSystem;
  }
}

std::string_view meaning_of_status(int status) {
  switch (status) {
    case 400:
      return "refuses the request";
    case 401:
      return "does not let this peer do that";
    case 404:
      return "does not know what is asked for";
    case 413:
      return "finds the request too large";
    case 429:
      return "is too busy";
    default:
      return status >= 500 ? "has failed" : "gives an unexpected answer";
  }
}

void warn(std::string_view text) { log::warning("{}", text); }

HttpRequest conditional_get(std::string_view target, const StateQuery& query) {
  HttpRequest request{.method = "GET",
                      .target = target,
                      .fields = {},
                      .body = {},
                      .notices_death = query.notices_death,
                      .interrupt_fd = query.interrupt_fd};
  if (query.if_none_match.empty()) return request;
  request.fields += fmt::format("If-None-Match: {}\r\n", query.if_none_match);
  if (query.wait.count() == 0) return request;
  request.fields += fmt::format("Prefer: wait={}\r\n", query.wait.count());
  request.extra_patience = query.wait;
  return request;
}

}  // namespace

class RestClient::Connection {
 public:
  Connection(const SocketAddress& server, const wg::PublicKey& server_key, const std::optional<InterfaceName>& interface, const Stop* stop,
             RequestTimes times)
      : http(server, interface, stop, times), key_field(fmt::format("X-Innernet-Server-Key: {}\r\n", server_key.to_base64())) {}

  // A response whose status is one of `expected`.
  Answer<HttpResponse> ask(HttpRequest request, std::initializer_list<int> expected) {
    request.fields.insert(0, key_field);
    auto response = http.exchange(request);
    const auto asking = [&] { return fmt::format("{} {}", request.method, request.target); };
    if (!response) return std::unexpected(RequestError(Error(std::move(response).error()).context(asking()), std::nullopt));
    if (response->head.date) clock.see(*response->head.date, response->began);
    const int status = response->head.status;
    for (const int good : expected)
      if (status == good) return response;
    std::string message =
        fmt::format("{}: the server at {} {} (status {})", asking(), http.server().to_string(), meaning_of_status(status), status);
    if (const auto words = parse_error(response->body)) message += fmt::format(": {}", quoted(*words));
    return std::unexpected(RequestError(Error(kind_of_status(status), std::move(message)), status, response->head.retry_after));
  }

  Answer<void> tell(std::string_view method, std::string_view target, std::string_view body, int expected) {
    // Both are successes that say the same: the Rust server's 204 and 201 differ by route only.
    auto response = ask({.method = method, .target = target, .fields = {}, .body = body}, {expected, 200, 201, 204});
    if (!response) return std::unexpected(response.error());
    return {};
  }

  // The parsed body; what can't be parsed has no status, because the server thinks that all is well.
  template <class Parse>
  auto read(const HttpRequest& request, int expected, const Parse& parse)
      -> Answer<typename std::invoke_result_t<Parse, std::string_view>::value_type> {
    auto response = ask(request, {expected, 200});
    if (!response) return std::unexpected(response.error());
    auto value = parse(response->body);
    if (!value) return std::unexpected(unreadable(request, std::move(value).error()));
    return *std::move(value);
  }

  RequestError unreadable(const HttpRequest& request, Error why) const {
    return RequestError(std::move(why).context(
        fmt::format("{} {}: the server at {} sends JSON that can't be read", request.method, request.target, http.server().to_string())));
  }

  HttpConnection http;
  std::string key_field;
  ServerClock clock;
};

RestClient::RestClient(const SocketAddress& server, const wg::PublicKey& server_key, const std::optional<InterfaceName>& interface,
                       const Stop* stop, RequestTimes times)
    : connection_(std::make_unique<Connection>(server, server_key, interface, stop, times)) {}
RestClient::RestClient(RestClient&&) noexcept = default;
RestClient& RestClient::operator=(RestClient&&) noexcept = default;
RestClient::~RestClient() = default;

Answer<StateAnswer> RestClient::get_state(const StateQuery& query) {
  HttpRequest request = conditional_get("/v1/user/state", query);
  if (!query.if_none_match.empty() && query.accept_delta) request.fields += "A-IM: innernet\r\n";
  auto response = connection_->ask(request, {200, 226, 304});
  if (!response) return std::unexpected(response.error());
  StateAnswer answer;
  answer.etag = std::move(response->head.etag);
  switch (response->head.status) {
    case 304:
      if (query.if_none_match.empty())
        return std::unexpected(
            connection_->unreadable(request, Error(ErrorKind::kInvalidInput, "\"not modified\", but nothing was there before")));
      answer.news = NotModified{};
      if (answer.etag.empty()) answer.etag = query.if_none_match;
      break;
    case 226: {
      if (!query.accept_delta || response->head.instance_manipulation != "innernet")
        return std::unexpected(connection_->unreadable(request, Error(ErrorKind::kInvalidInput, "a delta that was not asked for")));
      auto delta = parse_state_delta(response->body, warn);
      if (!delta) return std::unexpected(connection_->unreadable(request, std::move(delta).error()));
      answer.news = *std::move(delta);
      break;
    }
    default: {
      auto state = parse_state(response->body, warn);
      if (!state) return std::unexpected(connection_->unreadable(request, std::move(state).error()));
      answer.news = *std::move(state);
    }
  }
  return answer;
}

Answer<Capabilities> RestClient::capabilities() {
  auto answer = connection_->read({.method = "GET", .target = "/v1/user/capabilities", .fields = {}, .body = {}}, 200, parse_capabilities);
  if (!answer && answer.error().status() == 404) return Capabilities{};
  return answer;
}

Answer<SeenAt> RestClient::seen_at() {
  return connection_->read({.method = "GET", .target = "/v1/user/seen-at", .fields = {}, .body = {}}, 200, parse_seen_at);
}

Answer<void> RestClient::redeem(const wg::PublicKey& permanent_key) {
  return connection_->tell("POST", "/v1/user/redeem", redeem_to_json(permanent_key), 204);
}

Answer<void> RestClient::put_candidates(const std::vector<Endpoint>& candidates) {
  return connection_->tell("PUT", "/v1/user/candidates", candidates_to_json(candidates), 204);
}

Answer<void> RestClient::put_endpoint(const std::optional<Endpoint>& endpoint) {
  return connection_->tell("PUT", "/v1/user/endpoint", endpoint_option_to_json(endpoint), 204);
}

Answer<void> RestClient::put_relay(const RelayOfPeer& relay) { return connection_->tell("PUT", "/v1/user/relay", to_json(relay), 204); }

Answer<void> RestClient::put_relay_distances(const std::vector<RelayDistance>& distances) {
  return connection_->tell("PUT", "/v1/user/relay-distances", relay_distances_to_json(distances), 204);
}

Answer<void> RestClient::put_relay_registrations(std::span<const wg::PublicKey> keys) {
  return connection_->tell("PUT", "/v1/user/relay-registrations", relay_registrations_to_json(keys), 204);
}

Answer<RelayGroupsAnswer> RestClient::relay_groups(const StateQuery& query) {
  const HttpRequest request = conditional_get("/v1/user/relay", query);
  auto response = connection_->ask(request, {200, 304});
  if (!response) return std::unexpected(response.error());
  RelayGroupsAnswer answer{.news = {}, .etag = std::move(response->head.etag)};
  if (response->head.status == 304) {
    if (answer.etag.empty()) answer.etag = query.if_none_match;
    return answer;
  }
  auto groups = parse_relay_groups(response->body);
  if (!groups) return std::unexpected(connection_->unreadable(request, std::move(groups).error()));
  answer.news = *std::move(groups);
  return answer;
}

Answer<std::vector<Peer>> RestClient::peers() {
  return connection_->read({.method = "GET", .target = "/v1/admin/peers", .fields = {}, .body = {}}, 200,
                           [](std::string_view text) { return parse_peers(text, warn); });
}

Answer<Peer> RestClient::create_peer(const PeerContents& peer) {
  const std::string body = to_json(peer);
  return connection_->read({.method = "POST", .target = "/v1/admin/peers", .fields = {}, .body = body}, 201, parse_peer);
}

Answer<void> RestClient::update_peer(PeerId id, const PeerContents& peer) {
  return connection_->tell("PUT", fmt::format("/v1/admin/peers/{}", number(id)), to_json(peer), 204);
}

Answer<void> RestClient::delete_peer(PeerId id) {
  return connection_->tell("DELETE", fmt::format("/v1/admin/peers/{}", number(id)), {}, 204);
}

Answer<void> RestClient::set_relay(PeerId id, bool is_relay) {
  return connection_->tell(is_relay ? "PUT" : "DELETE", fmt::format("/v1/admin/relays/{}", number(id)), {}, 204);
}

Answer<std::vector<Cidr>> RestClient::cidrs() {
  return connection_->read({.method = "GET", .target = "/v1/admin/cidrs", .fields = {}, .body = {}}, 200, parse_cidrs);
}

Answer<Cidr> RestClient::create_cidr(const CidrContents& cidr) {
  const std::string body = to_json(cidr);
  return connection_->read({.method = "POST", .target = "/v1/admin/cidrs", .fields = {}, .body = body}, 201, parse_cidr);
}

Answer<void> RestClient::update_cidr(CidrId id, const CidrContents& cidr) {
  return connection_->tell("PUT", fmt::format("/v1/admin/cidrs/{}", number(id)), to_json(cidr), 204);
}

Answer<void> RestClient::delete_cidr(CidrId id) {
  return connection_->tell("DELETE", fmt::format("/v1/admin/cidrs/{}", number(id)), {}, 204);
}

Answer<std::vector<Association>> RestClient::associations() {
  return connection_->read({.method = "GET", .target = "/v1/admin/associations", .fields = {}, .body = {}}, 200, parse_associations);
}

Answer<void> RestClient::create_association(const AssociationContents& association) {
  return connection_->tell("POST", "/v1/admin/associations", to_json(association), 201);
}

Answer<void> RestClient::delete_association(AssociationId id) {
  return connection_->tell("DELETE", fmt::format("/v1/admin/associations/{}", number(id)), {}, 204);
}

void RestClient::interrupt_by(int fd) { connection_->http.interrupt_by(fd); }
const ServerClock& RestClient::server_clock() const { return connection_->clock; }
bool RestClient::last_request_was_sent() const { return connection_->http.last_request_was_sent(); }
void RestClient::disconnect() { connection_->http.disconnect(); }

State apply_delta(State state, StateDelta delta) {
  std::unordered_map<std::int64_t, Peer*> changed;
  for (Peer& peer : delta.peers) changed.emplace(number(peer.id), &peer);
  std::unordered_set<std::int64_t> gone;
  for (const PeerId id : delta.gone) gone.insert(number(id));
  std::erase_if(state.peers, [&](const Peer& peer) { return gone.contains(number(peer.id)); });
  for (Peer& peer : state.peers) {
    const auto news = changed.find(number(peer.id));
    if (news == changed.end() || news->second == nullptr) continue;
    peer = std::move(*news->second);
    news->second = nullptr;
  }
  for (Peer& peer : delta.peers) {
    const auto news = changed.find(number(peer.id));
    if (news->second == &peer) state.peers.push_back(std::move(peer));
  }
  if (delta.cidrs) state.cidrs = *std::move(delta.cidrs);
  if (delta.relays) state.relays = *std::move(delta.relays);
  if (delta.servers) state.servers = *std::move(delta.servers);
  if (delta.term) state.term = delta.term;
  return state;
}

}  // namespace innernet::client
