// The relay of a network that is being served.
#include "innernet/base/random.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/relay/ports.hpp"
#include "innernet/server/relay_port.hpp"
#include "innernet/server/relays.hpp"
#include "relaying.hpp"
#include "service.hpp"

namespace innernet::server {

void Service::look_at_relay() {
  relay_look_.set(now() + options_.periods.relay);
  if (!port_.is_moving()) place_relay();  // else it could take the very port that the network is on its way to
  tell_of_relay();
}

void Service::place_relay() {
  const auto ports = relay::relay_ports(port_.now(), relay_ ? std::optional(relay_->port()) : std::nullopt, options_.relay_port,
                                        configured_ports(options_.folders, Folders::of_client()));
  if (!ports.is_right) start_relay(ports.to_try);
}

// The one that runs is let go when there is another one: those who are registered with it may stay until then.
void Service::start_relay(const std::vector<std::uint16_t>& ports) {
  auto started = Result<std::unique_ptr<relay::Relay>>(
      fail(ErrorKind::kSystem, "no port is left behind the listen port; choose one with --relay-port"));
  for (const std::uint16_t port : ports) {
    started = system_.start_relay(config_.private_key.derived("innernet relay"), {.port = port});
    if (started || started.error().kind() != ErrorKind::kBusy) break;
  }
  report("the relay for peers that can't reach each other", started);
  if (!started) return;
  relay_ = *std::move(started);
  // Without random bits, which never happens, clients notice later.
  relay_epoch_ = static_cast<std::uint32_t>(random_bits().value_or(0));
  relay_clients_ = {};
  log::info("{}: relaying on UDP port {}", interface_.str(), relay_->port());
  renew_members();
}

void Service::tell_of_relay() {
  const auto snapshot = relay_ ? relay_->snapshot() : std::nullopt;
  if (!snapshot) relay_.reset();
  std::vector<wg::PublicKey> registered;
  std::vector<std::pair<wg::PublicKey, SocketAddress>> seen;
  std::optional<Endpoint> at;
  std::optional<Relay> own;
  if (snapshot) {
    for (const relay::Registered& member : snapshot->members) {
      registered.push_back(member.key);
      seen.emplace_back(member.key, member.address);
    }
    own = server_relay(coordinator_.network(), relay_->public_key(), relay_->port(), relay_epoch_);
    at = own->endpoint;
    const relay::Counters& counters = snapshot->counters;
    report("the relay's port", relay_reach({.port = relay_->port(),
                                            .handshakes = counters.handshakes,
                                            .registrations = counters.registrations,
                                            .is_client_there = relay_clients_.should_be_registered(options_.periods.relay_clients)}));
  }
  coordinator_.set_own_relay(own);
  coordinator_.set_seen_by_relay(seen);
  coordinator_.set_relayed(registered, at);
  carry_out(coordinator_.take_effects());
}

// To make a key findable takes a microsecond or two: with many peers, too long for the loop.
void Service::renew_members() {
  members_.clear();
  if (!relay_) return;
  members_renewed_ = now();
  members_maker_->run(
      [relay = relay_, groups = relay_groups(coordinator_.network())]() mutable -> Result<void> {
        relay->set_membership(
            std::make_shared<const relay::Membership>(relay::Membership::of_groups(groups.groups, std::move(groups.pairs))));
        return {};
      },
      [](const Result<void>&) {});
}

}  // namespace innernet::server
