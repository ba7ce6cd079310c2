#include "mapping_plan.hpp"

#include <algorithm>

#include "private_address.hpp"

namespace innernet::client {

std::vector<MappingProtocol> mapping_protocols(const Gateway& place) {
  // A firewall is opened for one address of ours; NAT-PMP knows none, and few routers have UPnP for IPv6.
  if (place.local.is_v6()) return place.local.is_unicast_global_v6() ? std::vector{MappingProtocol::kPcp} : std::vector<MappingProtocol>();
  if (is_public(place.local)) return {};
  return {MappingProtocol::kPcp, MappingProtocol::kNatPmp, MappingProtocol::kUpnp};
}

void MappingPlan::begin_anew(BootTime at) {
  to_try_.clear();
  cycles_in_vain_ = 0;
  next_ = at;
}

void MappingPlan::want(std::uint16_t port, BootTime now) {
  if (port == port_) return;
  port_ = port;
  begin_anew(now);
}

void MappingPlan::see(const std::optional<Gateway>& place, BootTime now) {
  if (place == place_) return;
  place_ = place;
  behind_another_.reset();
  begin_anew(now);
}

void MappingPlan::look_again(BootTime now) {
  if (!to_try_.empty()) return;
  const BootTime at = asked_ ? std::max(now, *asked_ + times_.settle) : now;
  if (at < next_) begin_anew(at);
}

void MappingPlan::hear(const RouterAnnouncement& announcement, BootTime now) {
  // A router that starts anew right after it has mapped has a clock that looks as if it had gone on.
  constexpr std::chrono::seconds kTelling{30};
  if (held_ && held_->epoch && now - held_->epoch->seen >= kTelling &&
      (!announcement.outside || *announcement.outside == held_->outside.ip) &&
      !has_lost_mappings(*held_->epoch, {.seconds = announcement.epoch, .seen = now}))
    return;
  look_again(now);
}

MappingStep MappingPlan::next(BootTime now) {
  // A router that is no longer ours can't be told; it forgets by itself.
  if (held_ && (held_->place != place_ || now >= held_->expires)) held_.reset();
  if (held_ && (held_->port != port_ || behind_another_)) return AskToWithdraw{*held_};
  if (port_ == 0 || !place_ || now < next_) return {};
  if (to_try_.empty()) {
    to_try_ = mapping_protocols(*place_);
    refused_.reset();
    const auto first = held_ ? std::ranges::find(to_try_, held_->protocol) : to_try_.end();
    if (first != to_try_.end()) std::rotate(to_try_.begin(), first, first + 1);
    if (to_try_.empty()) {
      next_ = BootTime::max();
      return {};
    }
  }
  asked_ = now;
  return AskToMap{.protocol = to_try_.front(),
                  .place = *place_,
                  .request = {.port = port_, .outside_port = held_ ? held_->outside.port : port_, .lifetime = times_.lifetime}};
}

void MappingPlan::granted(const AskToMap& step, const MappingGrant& grant, BootTime now) {
  to_try_.clear();
  const auto lifetime = std::clamp(grant.lifetime, times_.shortest, std::max(times_.lifetime, times_.shortest));
  held_ = HeldMapping{.protocol = step.protocol,
                      .place = step.place,
                      .port = step.request.port,
                      .outside = grant.outside,
                      .expires = now + lifetime,
                      .epoch = grant.epoch ? std::optional(RouterEpoch{.seconds = *grant.epoch, .seen = now}) : std::nullopt};
  if (is_public(grant.outside.ip)) {
    behind_another_.reset();
    cycles_in_vain_ = 0;
    next_ = now + std::clamp<std::chrono::seconds>(lifetime / 2, times_.shortest / 2, times_.longest_silence);
  } else {
    behind_another_ = grant.outside.ip;
    end_cycle(now);
  }
}

void MappingPlan::failed(const AskToMap& step, MappingFailure failure, BootTime now, std::string why) {
  if (failure == MappingFailure::kRefused) refused_ = {.protocol = step.protocol, .why = std::move(why)};
  if (held_ && held_->protocol == step.protocol && failure == MappingFailure::kRefused) held_.reset();
  std::erase(to_try_, step.protocol);
  if (!to_try_.empty()) return;
  if (held_)
    next_ = now + times_.retry;
  else
    end_cycle(now);
}

void MappingPlan::end_cycle(BootTime now) {
  next_ = now + std::min<std::chrono::seconds>(times_.first_back_off * (1 << std::min(cycles_in_vain_, 8)), times_.longest_back_off);
  ++cycles_in_vain_;
}

void MappingPlan::withdrawn() { held_.reset(); }

BootTime MappingPlan::due() const {
  if (held_ && (held_->place != place_ || held_->port != port_ || behind_another_)) return BootTime::min();
  const BootTime mapping = port_ == 0 || !place_ ? BootTime::max() : next_;
  return held_ ? std::min(mapping, held_->expires) : mapping;
}

std::optional<SocketAddress> MappingPlan::outside() const {
  return held_ && !behind_another_ && held_->port == port_ ? std::optional(held_->outside) : std::nullopt;
}

std::optional<MappingStanding> MappingPlan::standing(BootTime now, WallTime wall) const {
  if (port_ == 0) return std::nullopt;
  if (!place_) return MappingStanding{.state = MappingState::kNoRouter};
  if (mapping_protocols(*place_).empty()) {
    // An IPv6 address that is not public needs no hole in a firewall.
    if (place_->local.is_v6()) return std::nullopt;
    return MappingStanding{.state = MappingState::kNotNeeded};
  }
  MappingStanding out{.state = MappingState::kNoAnswer, .router = place_->router};
  if (behind_another_) {
    out.state = MappingState::kDoubleNat;
    out.outside = SocketAddress{*behind_another_, 0};
  } else if (held_ && held_->port == port_) {
    out.state = MappingState::kMapped;
    out.protocol = held_->protocol;
    out.outside = held_->outside;
    out.until = wall + (held_->expires - now);
  } else if (refused_) {
    out.state = MappingState::kRefused;
    out.protocol = refused_->protocol;
    out.why = refused_->why;
  }
  return out;
}

}  // namespace innernet::client
