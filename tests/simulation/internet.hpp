#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "events.hpp"
#include "innernet/base/ip.hpp"
#include "message.hpp"

namespace innernet::simulation {

/// What is between a host and the internet (RFC 4787's mapping and filtering).
enum class Kind {
  kOpen,               ///< a public address
  kFullCone,           ///< one mapping for all, and anybody may use it
  kAddressRestricted,  ///< only from where something was sent to, whatever the port
  kPortRestricted,     ///< the port, too: home routers
  kSymmetric,          ///< the same, and each destination sees another port
  kDouble,             ///< a home router behind a carrier's, which is port-restricted, too
  kFirewall,           ///< a public address, to which only answers get through
  kIpv6,               ///< behind a symmetric router; and IPv6, whose firewall lets only answers in
};
inline constexpr std::array kKinds{Kind::kOpen,      Kind::kFullCone, Kind::kAddressRestricted, Kind::kPortRestricted,
                                   Kind::kSymmetric, Kind::kDouble,   Kind::kFirewall,          Kind::kIpv6};
std::string_view to_string(Kind kind);
/// Whether two that send each other something at the same time get through to each other, from different sites.
bool have_direct_way(Kind one, Kind other);

class Host;

/// A router, or a firewall that translates nothing. Mappings and permissions end when they have not been used for `timeout`; a permission
/// that nothing has answered ends sooner, as Linux's does (nf_conntrack_udp_timeout).
struct Router {
  static constexpr std::chrono::seconds kUnanswered{30};
  struct Sent {
    BootTime used{};
    bool is_answered = false;
  };

  enum class Filter { kNone, kAddress, kPort };
  bool translates = true;
  bool maps_by_destination = false;
  Filter filter = Filter::kPort;
  bool hairpin = false;
  std::chrono::seconds timeout{120};
  IpAddress outside{};  ///< its IPv4 address on its upper side

  struct Mapping {
    SocketAddress inside;
    std::uint16_t port = 0;
    BootTime used{};
    std::map<SocketAddress, Sent> sent_to{};
  };
  using MappingKey = std::pair<SocketAddress, SocketAddress>;  // the second: only where it maps by destination
  std::map<MappingKey, Mapping> mappings{};
  std::map<std::uint16_t, MappingKey> by_port{};
  std::map<std::pair<SocketAddress, SocketAddress>, Sent> flows{};  // inside, outside: of what is not translated
  void forget() { mappings.clear(), by_port.clear(), flows.clear(); }
};

/// Where hosts hear each other without a router. The internet itself is one, without a router above it.
struct Lan {
  std::optional<IpNet> v4{}, v6{};
  std::optional<Router> router{};
  Lan* above = nullptr;
  std::map<IpAddress, std::variant<Host*, Lan*>> attached{};
};

/// A machine with one link.
class Host {
 public:
  std::function<void(const Packet&)> receive = [](const Packet&) {};
  Lan* lan = nullptr;
  std::optional<IpAddress> v4{}, v6{};
  std::chrono::milliseconds delay{10};  ///< to the middle of the internet
  bool is_on = true;
};

/// Carries packets: through the sender's routers at once, through the receiver's when they arrive there.
class Internet {
 public:
  Internet(Events& events, std::uint64_t seed);
  Internet(const Internet&) = delete;
  Internet& operator=(const Internet&) = delete;

  Lan& core() { return core_; }
  /// A site of that kind; the number makes its addresses.
  Lan& add_site(Kind kind, unsigned number, unsigned private_network, bool hairpin, std::chrono::seconds timeout);
  /// Another address, as after a reconnect to the provider.
  void renumber(Lan& site);
  void attach(Host& host, Lan& lan);
  void detach(Host& host);
  /// From now on, or no longer, only `hub` gets through to a site, and its hosts to that.
  void cut_off(const Lan& site, bool is_cut_off);
  std::optional<IpAddress> hub{};

  void send(Host& from, std::uint16_t port, const SocketAddress& to, const Message& message);
  struct Trace {
    const Host* host = nullptr;  ///< none: it would get nowhere
    SocketAddress from{};        ///< as that one would see it
  };
  /// Where a packet that is sent now would get to, with nothing changed by it, nor lost by chance.
  Trace trace(const Host& from, std::uint16_t port, const SocketAddress& to) const;

  double loss = 0;

 private:
  void emit(Lan& lan, Packet packet, std::chrono::milliseconds delay, int hops);
  void arrive(Lan& lan, Packet packet, std::chrono::milliseconds delay, int hops);
  void pass_in(Lan& site, Packet packet, std::chrono::milliseconds delay, int hops);
  SocketAddress map_out(Router& router, const SocketAddress& inside, const SocketAddress& to);
  std::optional<SocketAddress> map_in(Router& router, std::uint16_t port, const SocketAddress& from) const;
  Trace trace_out(const Lan& lan, const SocketAddress& from, const SocketAddress& to) const;
  Trace trace_in(const Lan& lan, const SocketAddress& from, const SocketAddress& to) const;
  IpAddress new_public_v4();
  bool is_used(const Router& router, BootTime used) const { return events_.now() - used < router.timeout; }
  bool is_used(const Router& router, const Router::Sent& sent) const {
    return events_.now() - sent.used < (sent.is_answered ? router.timeout : std::min(router.timeout, Router::kUnanswered));
  }
  void use(const Router& router, Router::Sent& sent) const;
  bool is_cut(const IpAddress& one, const IpAddress& other) const;

  Events& events_;
  std::mt19937_64 random_;
  Lan core_;
  std::vector<std::unique_ptr<Lan>> sites_;
  std::set<const Lan*> cut_off_;  // below the core
  std::uint32_t next_v4_ = 0;
};

}  // namespace innernet::simulation
