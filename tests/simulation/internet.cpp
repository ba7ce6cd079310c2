#include "internet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace innernet::simulation {
namespace {

constexpr int kMostHops = 8;

IpNet net(const std::string& text) { return IpNet::parse(text).value(); }

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kOpen:
      return "open";
    case Kind::kFullCone:
      return "full cone";
    case Kind::kAddressRestricted:
      return "address-restricted";
    case Kind::kPortRestricted:
      return "port-restricted";
    case Kind::kSymmetric:
      return "symmetric";
    case Kind::kDouble:
      return "double NAT";
    case Kind::kFirewall:
      return "firewall";
    case Kind::kIpv6:
      return "IPv6";
  }
  return "";
}

bool have_direct_way(Kind one, Kind other) {
  if (one == Kind::kIpv6 && other == Kind::kIpv6) return true;
  const auto is_symmetric = [](Kind kind) { return kind == Kind::kSymmetric || kind == Kind::kIpv6; };
  // Who has it lets in only the port that it has sent something to, and a symmetric router's is known to nobody before.
  const auto wants_port = [&](Kind kind) {
    return is_symmetric(kind) || kind == Kind::kPortRestricted || kind == Kind::kDouble || kind == Kind::kFirewall;
  };
  return !(is_symmetric(one) && wants_port(other)) && !(is_symmetric(other) && wants_port(one));
}

Internet::Internet(Events& events, std::uint64_t seed) : events_(events), random_(seed) {}

IpAddress Internet::new_public_v4() { return IpAddress::parse("45.0.0.1").value().plus(256 * next_v4_++).value(); }

Lan& Internet::add_site(Kind kind, unsigned number, unsigned private_network, bool hairpin, std::chrono::seconds timeout) {
  Lan* above = &core_;
  const auto add = [&](IpNet v4) -> Lan& {
    Lan& lan = *sites_.emplace_back(std::make_unique<Lan>());
    lan.v4 = v4;
    lan.above = above;
    lan.router.emplace();
    lan.router->hairpin = hairpin;
    lan.router->timeout = timeout;
    return lan;
  };
  const auto connect = [&](Lan& lan, const IpAddress& outside) {
    lan.router->outside = outside;
    lan.above->attached[outside] = &lan;
  };
  if (kind == Kind::kOpen) return core_;
  if (kind == Kind::kFirewall) {
    Lan& lan = add(IpNet::make(new_public_v4(), 24).value().truncated());
    lan.router->translates = false;
    return lan;
  }
  if (kind == Kind::kDouble) {
    Lan& carrier = add(net(fmt::format("100.64.{}.0/24", number % 256)));
    connect(carrier, new_public_v4());
    above = &carrier;
    Lan& home = add(net(fmt::format("192.168.{}.0/24", private_network)));
    connect(home, carrier.v4->address().plus(7).value());
    return home;
  }
  Lan& lan = add(net(fmt::format("192.168.{}.0/24", private_network)));
  connect(lan, new_public_v4());
  if (kind == Kind::kFullCone) lan.router->filter = Router::Filter::kNone;
  if (kind == Kind::kAddressRestricted) lan.router->filter = Router::Filter::kAddress;
  lan.router->maps_by_destination = kind == Kind::kSymmetric || kind == Kind::kIpv6;
  if (kind == Kind::kIpv6) lan.v6 = net(fmt::format("2a00:{:x}::/64", number + 1));
  return lan;
}

void Internet::renumber(Lan& site) {
  if (!site.router || !site.router->translates) return;
  site.router->forget();
  if (site.above != &core_) return;
  core_.attached.erase(site.router->outside);
  site.router->outside = new_public_v4();
  core_.attached[site.router->outside] = &site;
}

void Internet::attach(Host& host, Lan& lan) {
  host.lan = &lan;
  if (&lan == &core_) {
    host.v4 = new_public_v4();
  } else {
    std::uint64_t n = 10;
    while (lan.attached.contains(*lan.v4->address().plus(n))) ++n;
    host.v4 = lan.v4->address().plus(n);
    if (lan.v6) {
      host.v6 = lan.v6->address().plus(n);
      lan.attached[*host.v6] = &host;
      core_.attached[*host.v6] = &lan;
    }
    if (!lan.router->translates) core_.attached[*host.v4] = &lan;
  }
  lan.attached[*host.v4] = &host;
}

void Internet::detach(Host& host) {
  if (host.lan == nullptr) return;
  for (auto* address : {&host.v4, &host.v6}) {
    if (!*address) continue;
    host.lan->attached.erase(**address);
    core_.attached.erase(**address);
    address->reset();
  }
  host.lan = nullptr;
}

void Internet::cut_off(const Lan& site, bool is_cut_off) {
  const Lan* top = &site;
  if (top == &core_) return;
  while (top->above != &core_) top = top->above;
  if (is_cut_off)
    cut_off_.insert(top);
  else
    cut_off_.erase(top);
}

bool Internet::is_cut(const IpAddress& one, const IpAddress& other) const {
  if (cut_off_.empty() || one == hub || other == hub) return false;
  return std::ranges::any_of(std::array{one, other}, [&](const IpAddress& end) {
    const auto at = core_.attached.find(end);
    Lan* const* below = at == core_.attached.end() ? nullptr : std::get_if<Lan*>(&at->second);
    return below != nullptr && cut_off_.contains(*below);
  });
}

// One that has ended begins anew, without an answer.
void Internet::use(const Router& router, Router::Sent& sent) const {
  sent = {.used = events_.now(), .is_answered = sent.is_answered && is_used(router, sent)};
}

void Internet::send(Host& from, std::uint16_t port, const SocketAddress& to, const Message& message) {
  if (!from.is_on || from.lan == nullptr) return;
  const auto& source = to.ip.is_v4() ? from.v4 : from.v6;
  if (!source) return;
  emit(*from.lan, {.from = {*source, port}, .to = to, .message = message}, from.delay, 0);
}

void Internet::emit(Lan& lan, Packet packet, std::chrono::milliseconds delay, int hops) {
  if (hops > kMostHops) return;
  const bool is_here = &lan == &core_ || (lan.v4 && lan.v4->contains(packet.to.ip)) || (lan.v6 && lan.v6->contains(packet.to.ip));
  if (is_here) {
    if (std::uniform_real_distribution<>()(random_) < loss || (&lan == &core_ && is_cut(packet.from.ip, packet.to.ip))) return;
    const auto took = &lan == &core_ ? delay : std::chrono::milliseconds(1);
    return events_.after(took, [this, &lan, packet = std::move(packet), delay, hops] { arrive(lan, packet, delay, hops); });
  }
  Router& router = *lan.router;
  if (router.translates && packet.to.ip.is_v4()) {
    const bool turns = packet.to.ip == router.outside;
    packet.from = map_out(router, packet.from, packet.to);
    if (turns) {
      if (!router.hairpin) return;
      return events_.after(std::chrono::milliseconds(1),
                           [this, &lan, packet = std::move(packet), delay, hops] { pass_in(lan, packet, delay, hops); });
    }
  } else {
    use(router, router.flows[{packet.from, packet.to}]);
  }
  Lan& above = packet.to.ip.is_v4() ? *lan.above : core_;
  emit(above, std::move(packet), delay, hops + 1);
}

void Internet::arrive(Lan& lan, Packet packet, std::chrono::milliseconds delay, int hops) {
  const auto at = lan.attached.find(packet.to.ip);
  if (at == lan.attached.end()) return;
  if (Lan* const* below = std::get_if<Lan*>(&at->second)) return pass_in(**below, std::move(packet), delay, hops + 1);
  Host& host = *std::get<Host*>(at->second);
  if (!host.is_on) return;
  if (&lan == &core_ || hops > 0)
    events_.after(host.delay, [&host, packet = std::move(packet)] {
      if (host.is_on) host.receive(packet);
    });
  else
    host.receive(packet);
}

void Internet::pass_in(Lan& site, Packet packet, std::chrono::milliseconds delay, int hops) {
  Router& router = *site.router;
  if (hops > kMostHops) return;
  if (router.translates && packet.to.ip.is_v4()) {
    const auto inside = map_in(router, packet.to.port, packet.from);
    if (!inside) return;
    packet.to = *inside;
  } else {
    const auto flow = router.flows.find({packet.to, packet.from});
    if (flow == router.flows.end() || !is_used(router, flow->second)) return;
    flow->second = {.used = events_.now(), .is_answered = true};
  }
  arrive(site, std::move(packet), delay, hops + 1);
}

SocketAddress Internet::map_out(Router& router, const SocketAddress& inside, const SocketAddress& to) {
  const Router::MappingKey key{inside, router.maps_by_destination ? to : SocketAddress{}};
  auto at = router.mappings.find(key);
  if (at != router.mappings.end() && !is_used(router, at->second.used)) {
    router.by_port.erase(at->second.port);
    router.mappings.erase(at);
    at = router.mappings.end();
  }
  if (at == router.mappings.end()) {
    // A cone keeps the port where it can.
    std::uint16_t port = inside.port;
    const auto is_taken = [&] {
      const auto other = router.by_port.find(port);
      if (other == router.by_port.end()) return false;
      const auto mapping = router.mappings.find(other->second);
      if (mapping != router.mappings.end() && is_used(router, mapping->second.used)) return true;
      if (mapping != router.mappings.end()) router.mappings.erase(mapping);
      router.by_port.erase(other);
      return false;
    };
    if (router.maps_by_destination) port = static_cast<std::uint16_t>(1024 + random_() % 64'000);
    while (is_taken()) port = static_cast<std::uint16_t>(1024 + random_() % 64'000);
    at = router.mappings.emplace(key, Router::Mapping{.inside = inside, .port = port}).first;
    router.by_port[port] = key;
  }
  at->second.used = events_.now();
  use(router, at->second.sent_to[router.filter == Router::Filter::kAddress ? SocketAddress{to.ip, 0} : to]);
  return {router.outside, at->second.port};
}

std::optional<SocketAddress> Internet::map_in(Router& router, std::uint16_t port, const SocketAddress& from) const {
  const auto key = router.by_port.find(port);
  if (key == router.by_port.end()) return std::nullopt;
  const auto at = router.mappings.find(key->second);
  if (at == router.mappings.end() || !is_used(router, at->second.used)) return std::nullopt;
  if (router.filter != Router::Filter::kNone) {
    const auto sent = at->second.sent_to.find(router.filter == Router::Filter::kAddress ? SocketAddress{from.ip, 0} : from);
    if (sent == at->second.sent_to.end() || !is_used(router, sent->second)) return std::nullopt;
    sent->second = {.used = events_.now(), .is_answered = true};
  }
  at->second.used = events_.now();
  return at->second.inside;
}

Internet::Trace Internet::trace(const Host& from, std::uint16_t port, const SocketAddress& to) const {
  if (!from.is_on || from.lan == nullptr) return {};
  const auto& source = to.ip.is_v4() ? from.v4 : from.v6;
  return source ? trace_out(*from.lan, {*source, port}, to) : Trace{};
}

Internet::Trace Internet::trace_out(const Lan& lan, const SocketAddress& from, const SocketAddress& to) const {
  const bool is_here = &lan == &core_ || (lan.v4 && lan.v4->contains(to.ip)) || (lan.v6 && lan.v6->contains(to.ip));
  if (is_here) return &lan == &core_ && is_cut(from.ip, to.ip) ? Trace{} : trace_in(lan, from, to);
  const Router& router = *lan.router;
  SocketAddress source = from;
  if (router.translates && to.ip.is_v4()) {
    const auto at = router.mappings.find({from, router.maps_by_destination ? to : SocketAddress{}});
    source = {router.outside, at == router.mappings.end() || !is_used(router, at->second.used) ? std::uint16_t{1} : at->second.port};
    if (to.ip == router.outside && !router.hairpin) return {};
  }
  return trace_out(to.ip.is_v4() ? *lan.above : core_, source, to);
}

Internet::Trace Internet::trace_in(const Lan& lan, const SocketAddress& from, const SocketAddress& to) const {
  const auto at = lan.attached.find(to.ip);
  if (at == lan.attached.end()) return {};
  if (Host* const* host = std::get_if<Host*>(&at->second)) return (*host)->is_on ? Trace{.host = *host, .from = from} : Trace{};
  const Lan& site = *std::get<Lan*>(at->second);
  const Router& router = *site.router;
  if (!router.translates || !to.ip.is_v4()) {
    const auto flow = router.flows.find({to, from});
    return flow != router.flows.end() && is_used(router, flow->second) ? trace_in(site, from, to) : Trace{};
  }
  const auto key = router.by_port.find(to.port);
  if (key == router.by_port.end()) return {};
  const auto mapping = router.mappings.find(key->second);
  if (mapping == router.mappings.end() || !is_used(router, mapping->second.used)) return {};
  if (router.filter != Router::Filter::kNone) {
    const auto& sent_to = mapping->second.sent_to;
    const auto sent = sent_to.find(router.filter == Router::Filter::kAddress ? SocketAddress{from.ip, 0} : from);
    if (sent == sent_to.end() || !is_used(router, sent->second)) return {};
  }
  return trace_in(site, from, mapping->second.inside);
}

}  // namespace innernet::simulation
