#include <poll.h>

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include "../wait.hpp"
#include "innernet/base/clock.hpp"
#include "innernet/client/netcheck.hpp"
#include "innernet/client/rest_client.hpp"
#include "innernet/values/endpoint.hpp"
#include "linux/reach.hpp"

namespace innernet::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kForRelays{2'000};
constexpr milliseconds kForSecondSocket{1'000};
constexpr milliseconds kForHairpin{300};
constexpr milliseconds kForKnock{1'000};
constexpr milliseconds kForRouter{4'500};  // beside all of these
constexpr std::size_t kMostRelays = 8;     // that are looked at
constexpr std::size_t kMostKnocks = 4;
constexpr RequestTimes kForServer{.connect = milliseconds(2'000), .progress = milliseconds(2'000), .whole = milliseconds(3'000)};

// Where everybody could be; nothing is sent there.
const SocketAddress kAnywhereV4{.ip = IpAddress::v4(std::array<std::uint8_t, 4>{192, 0, 2, 1}), .port = 9};
const SocketAddress kAnywhereV6{.ip = IpAddress::v6(std::array<std::uint8_t, 16>{0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
                                .port = 9};

const Peer* peer_with(const State& state, PeerId id) {
  const auto found = std::ranges::find(state.peers, id, &Peer::id);
  return found == state.peers.end() ? nullptr : &*found;
}

std::optional<Endpoint> endpoint_of(const Relay& relay, const Peer* on, const InterfaceConfig& config) {
  const std::uint16_t port = relay.endpoint.port();
  if (port == 0) return std::nullopt;
  const bool is_servers = on != nullptr ? on->public_key == config.server_public_key : relay.id == kServerPeer;
  if (is_servers) return config.server_external_endpoint.with_port(port);
  if (!relay.endpoint.is_unspecified()) return relay.endpoint;
  if (on == nullptr || !on->endpoint) return std::nullopt;
  return on->endpoint->with_port(port);
}

ServerCheck known_of_server(const CheckedNetwork& network, const Measuring& how) {
  const auto& key = network.config.server_public_key;
  const auto found = std::ranges::find(network.state.peers, key, &Peer::public_key);
  ServerCheck out{.name = found == network.state.peers.end() ? "server" : found->name.str(),
                  .endpoint = network.config.server_external_endpoint,
                  .address = how.resolve(network.config.server_external_endpoint),
                  .source = {}};
  if (out.address) out.source = source_towards(*out.address);
  return out;
}

void ask_server(const CheckedNetwork& network, const Measuring& how, ServerCheck& server) {
  RestClient client(network.config, how.tunnel, how.stop, kForServer);
  const auto capabilities = client.capabilities();  // over a new connection, with WireGuard's handshake before, if need be
  if (!capabilities) {
    server.silence = capabilities.error().message();
    return;
  }
  const SystemClock clock;
  const BootTime before = clock.boot();
  if (capabilities->seen_at) {
    if (const auto seen = client.seen_at(); seen) server.seen = *seen;
  } else {
    static_cast<void>(client.capabilities());
  }
  server.round_trip = clock.boot() - before;
}

std::vector<RelayCheck> known_relays(const CheckedNetwork& network, const Measuring& how, const ServerCheck& server) {
  std::vector<RelayCheck> out;
  const auto relays = std::span(network.state.relays).first(std::min(network.state.relays.size(), kMostRelays));
  for (const Relay& relay : relays) {
    const Peer* const on = peer_with(network.state, relay.id);
    RelayCheck& check = out.emplace_back();
    check.name = on == nullptr ? "unknown" : on->name.str();
    check.knows_questions = relay.answers_questions;
    const auto endpoint = endpoint_of(relay, on, network.config);
    if (!endpoint) continue;
    if (endpoint->host() == server.endpoint.host()) {
      if (server.address) check.address = SocketAddress{.ip = server.address->ip, .port = endpoint->port()};
    } else {
      check.address = how.resolve(*endpoint);
      // Whatever a server says: not this machine, nor everybody around, nor what is inside of the tunnel.
      if (check.address && !can_be_outside(*check.address, network.config.address.truncated())) check.address.reset();
    }
    if (check.address) check.source = source_towards(*check.address);
  }
  return out;
}

/// The relays that can be asked, and which of `checks` they are.
struct Askable {
  std::vector<relay::ProbeTarget> targets;
  std::vector<std::size_t> places;

  Askable(const CheckedNetwork& network, const std::vector<RelayCheck>& checks) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      if (!checks[i].knows_questions || !checks[i].source) continue;
      targets.push_back({.key = network.state.relays[i].public_key, .address = *checks[i].address});
      places.push_back(i);
    }
  }
};

// Two sockets that are seen at an address which is none of this machine's.
Result<std::optional<bool>> try_hairpin(const CheckedNetwork& network, const Measuring& how, relay::Prober& first, const RelayCheck& relay,
                                        const relay::ProbeTarget& target) {
  TRY(relay::Prober second, relay::Prober::open());
  TRY(const auto answers, second.ask(network.config.private_key, std::span(&target, 1), kForSecondSocket, how.stop->fd()));
  if (!answers[0] || answers[0]->seen_at.ip != relay.answer->seen_at.ip) return std::nullopt;
  return relay::Prober::reach_each_other(first, relay.answer->seen_at, second, answers[0]->seen_at, kForHairpin);
}

/// Asked beside all else, for many routers are slow. What one has not said in time it does not say.
class RouterQuestion {
 public:
  static Result<std::unique_ptr<RouterQuestion>> ask(const Measuring& how) {
    TRY(Stop end, Stop::create());
    TRY(Nudge done, Nudge::create());
    return std::unique_ptr<RouterQuestion>(new RouterQuestion(std::move(end), std::move(done), how));
  }
  RouterQuestion(const RouterQuestion&) = delete;
  RouterQuestion& operator=(const RouterQuestion&) = delete;
  ~RouterQuestion() { end_.request(); }

  Result<RouterOffer> offer() {
    TRY(Poller poller, Poller::create(stop_));
    TRY_VOID(poller.until(deadline_, {{done_.fd(), POLLIN}}));
    end_.request();
    return offer_.get();
  }

 private:
  RouterQuestion(Stop end, Nudge done, const Measuring& how)
      : stop_(how.stop),
        deadline_(SystemClock().boot() + kForRouter),
        end_(std::move(end)),
        done_(std::move(done)),
        offer_(std::async(std::launch::async, [this, ask = how.ask_router] {
          RouterOffer offer = ask(end_);
          done_.give();
          return offer;
        })) {}

  const Stop* stop_;
  BootTime deadline_;
  Stop end_;
  Nudge done_;
  std::future<RouterOffer> offer_;  // last: it waits for its thread
};

}  // namespace

Result<NetworkCheck> measure(const CheckedNetwork& network, const Measuring& how) {
  NetworkCheck out{.server = known_of_server(network, how)};
  out.relays = known_relays(network, how, out.server);
  out.v4 = source_towards(kAnywhereV4);
  out.v6 = source_towards(kAnywhereV6);
  const auto note_source = [&](const std::optional<IpAddress>& source) {
    if (source) (source->is_v4() ? out.v4 : out.v6) = source;
  };
  for (const RelayCheck& relay : out.relays) note_source(relay.source);
  note_source(out.server.source);
  out.mapping = network.mapping.v4;

  std::unique_ptr<RouterQuestion> router;
  if (how.ask_router) {
    TRY(router, RouterQuestion::ask(how));
  }
  TRY(relay::Prober prober, relay::Prober::open());
  const Askable askable(network, out.relays);
  auto server = std::async(std::launch::async, [&] { ask_server(network, how, out.server); });
  const auto answers = prober.ask(network.config.private_key, askable.targets, kForRelays, how.stop->fd(), relay::Prober::Path::kMeasured);
  server.get();
  if (!answers) return std::unexpected(answers.error());
  for (std::size_t i = 0; i < askable.places.size(); ++i) out.relays[askable.places[i]].answer = (*answers)[i];

  for (std::size_t i = 0; i < askable.places.size(); ++i) {
    const RelayCheck& relay = out.relays[askable.places[i]];
    if (!relay.answer || !relay.address->ip.is_v4() || relay.answer->seen_at.ip == relay.source) continue;
    if (!can_be_outside(relay.answer->seen_at, network.config.address.truncated())) continue;  // a relay may lie
    TRY(out.hairpin, try_hairpin(network, how, prober, relay, askable.targets[i]));
    break;
  }
  const bool anybody_answers =
      out.server.round_trip || std::ranges::any_of(out.relays, [](const RelayCheck& relay) { return relay.answer.has_value(); });
  if (!anybody_answers && out.server.source) {
    std::vector<SocketAddress> places{*out.server.address};
    for (const auto& target : askable.targets)
      if (places.size() < kMostKnocks) places.push_back(target.address);
    const Reach reach = knock(places, kForKnock, how.stop);
    out.server.answers_tcp = reach.answers_tcp;
    out.server.refuses_udp = reach.refuses_udp;
  }
  if (router) {
    TRY(out.router, router->offer());
  }
  if (how.stop->requested()) return fail(ErrorKind::kInterrupted, "told to stop");
  return out;
}

}  // namespace innernet::client
