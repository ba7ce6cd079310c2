#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "innernet/json/json.hpp"
#include "readers.hpp"

// What a peer is in JSON, wherever it stands.
namespace innernet::json_events {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

// The Rust programs' SystemTime: exactly two fields, and whole seconds in the nanoseconds are carried.
class TimeReader final : public ObjectReader {
 public:
  TimeReader() : ObjectReader(kNames, 0b11, UnknownFields::kRefused) {}

  using ObjectReader::start;
  UnixTime time() const { return time_; }

 private:
  static constexpr std::array<std::string_view, 2> kNames{"secs_since_epoch", "nanos_since_epoch"};

  Result<void> field(std::size_t index, const Value& value) override {
    if (index == 0) {
      TRY(time_.seconds, integer<std::uint64_t>(value));
    } else {
      TRY(time_.nanoseconds, integer<std::uint32_t>(value));
    }
    return {};
  }
  Result<void> finish() override {
    time_.seconds += time_.nanoseconds / kNanosecondsPerSecond;
    time_.nanoseconds %= kNanosecondsPerSecond;
    if (!std::in_range<std::int64_t>(time_.seconds)) return invalid_input("the time does not fit in 63 bits");
    return {};
  }

  UnixTime time_;
};

enum class WithId { kNo, kYes };

class PeerReader final : public ObjectReader {
 public:
  /// With `warn`, a peer whose name or key is not valid is left out; without, it is an error.
  PeerReader(WithId id, BadEndpoint bad, std::vector<Peer>& out, const Warn* warn)
      : ObjectReader(std::span(kNames).subspan(id == WithId::kYes ? 0 : 1), id == WithId::kYes ? kRequired : kRequired >> 1),
        offset_(id == WithId::kYes ? 0 : 1),
        bad_(bad),
        candidates_(bad),
        out_(out),
        warn_(warn) {}

  void start() {
    ObjectReader::start();
    name_.reset();
    ip_.reset();
    public_key_.reset();
    endpoint_.reset();
    keepalive_.reset();
    has_expiry_ = false;
    is_relay_ = false;
    has_relay_ = false;
    has_distances_ = false;
    candidates_.start();
    fault_.reset();
  }

 private:
  enum Field : std::size_t {
    kId,
    kName,
    kIp,
    kCidrId,
    kPublicKey,
    kEndpoint,
    kKeepalive,
    kIsAdmin,
    kIsDisabled,
    kIsRedeemed,
    kInviteExpires,
    kCandidates,
    kIsRelay,
    kRelay,
    kRelayDistances
  };
  static constexpr std::array<std::string_view, 15> kNames{"id",
                                                           "name",
                                                           "ip",
                                                           "cidr_id",
                                                           "public_key",
                                                           "endpoint",
                                                           "persistent_keepalive_interval",
                                                           "is_admin",
                                                           "is_disabled",
                                                           "is_redeemed",
                                                           "invite_expires",
                                                           "candidates",
                                                           "is_relay",
                                                           "relay",
                                                           "relay_distances"};
  static constexpr std::uint32_t kRequired =
      1U << kId | 1U << kName | 1U << kIp | 1U << kCidrId | 1U << kPublicKey | 1U << kIsAdmin | 1U << kIsDisabled | 1U << kIsRedeemed;

  template <class T>
  Result<void> keep(std::optional<T>& to, Result<T> parsed) {
    if (parsed) {
      to = *std::move(parsed);
      return {};
    }
    if (warn_ == nullptr) return std::unexpected(std::move(parsed).error());
    fault_ = std::move(parsed).error().message();
    return {};
  }

  Result<void> field(std::size_t index, const Value& value) override {
    switch (static_cast<Field>(index + offset_)) {
      case kId: {
        TRY(const auto number, integer<std::int64_t>(value));
        id_ = PeerId{number};
        return {};
      }
      case kName: {
        TRY(const auto name, text(value));
        return keep(name_, Hostname::parse(name));
      }
      case kIp: {
        TRY(const auto ip, text(value));
        TRY(ip_, IpAddress::parse(ip));
        return {};
      }
      case kCidrId: {
        TRY(const auto number, integer<std::int64_t>(value));
        cidr_id_ = CidrId{number};
        return {};
      }
      case kPublicKey: {
        TRY(const auto key, text(value));
        return keep(public_key_, wg::PublicKey::parse(key));
      }
      case kEndpoint: {
        TRY(endpoint_, nullable_endpoint(value, bad_));
        return {};
      }
      case kKeepalive: {
        if (value.kind == Kind::kNull) return {};
        TRY(keepalive_, integer<std::uint16_t>(value));
        return {};
      }
      case kIsAdmin: {
        TRY(is_admin_, boolean(value));
        return {};
      }
      case kIsDisabled: {
        TRY(is_disabled_, boolean(value));
        return {};
      }
      case kIsRedeemed: {
        TRY(is_redeemed_, boolean(value));
        return {};
      }
      case kInviteExpires: {
        if (value.kind == Kind::kNull) return {};
        return expected_but_found("an object or null", value);
      }
      case kCandidates:
        return expected_but_found("an array", value);
      case kIsRelay: {
        TRY(is_relay_, boolean(value));
        return {};
      }
      case kRelay: {
        if (value.kind == Kind::kNull) return {};
        return expected_but_found("an object or null", value);
      }
      case kRelayDistances:
        return expected_but_found("an array", value);
    }
    std::unreachable();
  }

  Result<Reader*> container(std::size_t index, Kind kind) override {
    const auto field = static_cast<Field>(index + offset_);
    if (field == kCandidates && kind == Kind::kArray) return &candidates_;
    if (field == kInviteExpires && kind == Kind::kObject) {
      has_expiry_ = true;
      expiry_.start();
      return &expiry_;
    }
    if (field == kRelayDistances && kind == Kind::kArray) {
      has_distances_ = true;
      distances_.start();
      return &distances_;
    }
    if (field == kRelay && kind == Kind::kObject) {
      has_relay_ = true;
      relay_.start();
      return &relay_;
    }
    return nullptr;
  }

  Result<void> finish() override {
    if (fault_) {
      if (*warn_) (*warn_)(fmt::format("peer {} is left out: {}", number(id_), *fault_));
      return {};
    }
    std::vector<RelayDistance> relay_distances;
    if (has_distances_) {
      TRY(relay_distances, distances_.take());
    }
    out_.push_back(Peer{PeerContents{{.name = *std::move(name_),
                                      .ip = *ip_,
                                      .cidr_id = cidr_id_,
                                      .public_key = *public_key_,
                                      .is_admin = is_admin_,
                                      .is_disabled = is_disabled_,
                                      .is_redeemed = is_redeemed_,
                                      .invite_expires = has_expiry_ ? std::optional(expiry_.time()) : std::nullopt,
                                      .is_relay = is_relay_},
                                     {.endpoint = std::move(endpoint_),
                                      .persistent_keepalive_interval = keepalive_,
                                      .candidates = candidates_.take(),
                                      .relay = has_relay_ ? relay_.relay : std::nullopt,
                                      .relay_distances = std::move(relay_distances)}},
                        id_});
    return {};
  }

  std::size_t offset_;
  BadEndpoint bad_;
  EndpointsReader candidates_;
  TimeReader expiry_;
  RelayOfPeerReader relay_{RelayOfPeerReader::Bad::kNone};
  RelayDistancesReader distances_;
  std::vector<Peer>& out_;
  const Warn* warn_;

  PeerId id_{};
  std::optional<Hostname> name_;
  std::optional<IpAddress> ip_;
  CidrId cidr_id_{};
  std::optional<wg::PublicKey> public_key_;
  std::optional<Endpoint> endpoint_;
  std::optional<std::uint16_t> keepalive_;
  bool is_admin_ = false;
  bool is_disabled_ = false;
  bool is_redeemed_ = false;
  bool has_expiry_ = false;
  bool is_relay_ = false;
  bool has_relay_ = false;
  bool has_distances_ = false;
  std::optional<std::string> fault_;  // why this peer is no valid one
};

}  // namespace innernet::json_events
