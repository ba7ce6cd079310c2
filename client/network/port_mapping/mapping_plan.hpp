#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/machine/gateway.hpp"
#include "mapping.hpp"
#include "router_epoch.hpp"

namespace innernet::client {

/// A mapping that a router has made for us.
struct HeldMapping {
  MappingProtocol protocol{};
  Gateway place;
  std::uint16_t port = 0;
  SocketAddress outside;
  BootTime expires{};
  std::optional<RouterEpoch> epoch{};

  friend bool operator==(const HeldMapping& a, const HeldMapping& b) {
    return a.protocol == b.protocol && a.place == b.place && a.port == b.port && a.outside == b.outside;
  }
};

struct AskToMap {
  MappingProtocol protocol{};
  Gateway place;
  MappingRequest request;

  friend bool operator==(const AskToMap&, const AskToMap&) = default;
};
struct AskToWithdraw {
  HeldMapping mapping;

  friend bool operator==(const AskToWithdraw&, const AskToWithdraw&) = default;
};
using MappingStep = std::variant<std::monostate, AskToMap, AskToWithdraw>;

enum class MappingFailure {
  kNoAnswer,  ///< or none that makes sense: what is held may still hold
  kRefused,   ///< what is held holds no longer
};

struct MappingTimes {
  std::chrono::seconds lifetime{7200};
  std::chrono::seconds longest_silence{600};  ///< a router that has lost a mapping, and not said so, is asked again after this
  std::chrono::seconds shortest{60};          ///< whatever lifetime a router gives: it is not asked more often
  std::chrono::seconds retry{60};             ///< after a renewal in vain
  std::chrono::seconds first_back_off{600};   ///< no router maps
  std::chrono::seconds longest_back_off{3600};
  std::chrono::seconds settle{5};  ///< between two tries, whoever says that something has changed
};

/// When to ask the router of one family for a mapping, by which protocol, to renew it and to withdraw it. A value: time is a parameter.
class MappingPlan {
 public:
  explicit MappingPlan(const MappingTimes& times = {}) : times_(times) {}

  /// The port that is to be mapped, 0 for none.
  void want(std::uint16_t port, BootTime now);
  /// The router, if there is any. Another one is asked at once.
  void see(const std::optional<Gateway>& place, BootTime now);
  /// Something else has changed: routers that had nothing to offer are asked again, and what is held is renewed.
  void look_again(BootTime now);
  /// From the router itself, as its source address says.
  void hear(const RouterAnnouncement& announcement, BootTime now);

  /// What to do now. The outcome goes into granted(), failed() or withdrawn(), then there may be another step.
  MappingStep next(BootTime now);
  void granted(const AskToMap& step, const MappingGrant& grant, BootTime now);
  /// `why`: of a refusal, in words.
  void failed(const AskToMap& step, MappingFailure failure, BootTime now, std::string why = {});
  void withdrawn();
  /// When next() has something to say.
  BootTime due() const;

  /// Where others reach us by it.
  const std::optional<HeldMapping>& held() const { return held_; }
  std::optional<SocketAddress> outside() const;
  /// The router's own address is private: it is itself behind another one, and a port of it helps nobody.
  std::optional<IpAddress> router_behind_router() const { return behind_another_; }
  /// How it stands, for people, once next() has nothing to say; `wall` is the same moment. None: no port is wanted, or there is nothing to
  /// say.
  std::optional<MappingStanding> standing(BootTime now, WallTime wall) const;

 private:
  void begin_anew(BootTime at);
  void end_cycle(BootTime now);

  MappingTimes times_;
  std::uint16_t port_ = 0;
  std::optional<Gateway> place_;
  std::optional<HeldMapping> held_;
  std::optional<IpAddress> behind_another_;
  struct Refusal {
    MappingProtocol protocol{};
    std::string why;
  };
  std::optional<Refusal> refused_;       // the last one of the last cycle
  std::vector<MappingProtocol> to_try_;  // of the cycle that goes on; empty: none does
  BootTime next_{};
  std::optional<BootTime> asked_;
  int cycles_in_vain_ = 0;
};

/// In this order. None where the machine has a public IPv4 address itself: nothing is translated, and providers call it scanning.
std::vector<MappingProtocol> mapping_protocols(const Gateway& place);

}  // namespace innernet::client
