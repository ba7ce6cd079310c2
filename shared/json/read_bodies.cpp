// The small bodies: requests of users, capabilities, errors.
#include <array>
#include <utility>

#include "innernet/json/json.hpp"
#include "readers.hpp"

namespace innernet {
namespace {

using namespace json_events;  // NOLINT(google-build-using-namespace): this file is made of readers

class EndpointOptionReader final : public ObjectReader {
 public:
  EndpointOptionReader() : ObjectReader(kNames, 0b01) {}

  std::optional<Endpoint> endpoint;

 private:
  static constexpr std::array<std::string_view, 2> kNames{"option", "content"};

  Result<void> field(std::size_t index, const Value& value) override {
    if (index == 0) {
      TRY(const auto option, text(value));
      if (option != "Set" && option != "Unset") return invalid_input("expected \"Set\" or \"Unset\"");
      is_set_ = option == "Set";
      return {};
    }
    TRY(endpoint, nullable_endpoint(value, BadEndpoint::kRefuse));
    return {};
  }
  Result<void> finish() override {
    if (is_set_ && !endpoint) return invalid_input("the field content is missing");
    if (!is_set_ && endpoint) return invalid_input("\"Unset\" has no content");
    return {};
  }

  bool is_set_ = false;
};

class RedeemReader final : public ObjectReader {
 public:
  RedeemReader() : ObjectReader(kNames, 0b1) {}

  std::optional<wg::PublicKey> key;  // there when everything required was

 private:
  static constexpr std::array<std::string_view, 1> kNames{"public_key"};

  Result<void> field(std::size_t, const Value& value) override {
    TRY(const auto base64, text(value));
    TRY(key, wg::PublicKey::parse(base64));
    return {};
  }
};

class CapabilitiesReader final : public ObjectReader {
 public:
  CapabilitiesReader() : ObjectReader(kNames, 0) {}

  Capabilities capabilities;

 private:
  static constexpr std::array<std::string_view, 7> kNames{"unspecified_ip_in_override_endpoint",
                                                          "state_etag",
                                                          "state_wait_max",
                                                          "state_delta",
                                                          "seen_at",
                                                          "peer_relays",
                                                          "relay_registrations"};

  Result<void> field(std::size_t index, const Value& value) override {
    if (index == 2) {
      TRY(capabilities.state_wait_max, integer<std::uint32_t>(value));
      return {};
    }
    TRY(const bool can, boolean(value));
    bool* const members[] = {&capabilities.unspecified_ip_in_override_endpoint,
                             &capabilities.state_etag,
                             nullptr,
                             &capabilities.state_delta,
                             &capabilities.seen_at,
                             &capabilities.peer_relays,
                             &capabilities.relay_registrations};
    *members[index] = can;
    return {};
  }
};

class SeenAtReader final : public ObjectReader {
 public:
  SeenAtReader() : ObjectReader(kNames, 0) {}

  SeenAt seen;

 private:
  static constexpr std::array<std::string_view, 2> kNames{"by_server", "by_relay"};

  Result<void> field(std::size_t index, const Value& value) override {
    if (value.kind == Kind::kNull) return {};
    TRY(const auto address, text(value));
    TRY((index == 0 ? seen.by_server : seen.by_relay), SocketAddress::parse(address));
    return {};
  }
};

class ErrorReader final : public ObjectReader {
 public:
  ErrorReader() : ObjectReader(kNames, 0b1) {}

  std::string message;

 private:
  static constexpr std::array<std::string_view, 1> kNames{"error"};

  Result<void> field(std::size_t, const Value& value) override {
    TRY(message, text(value));
    return {};
  }
};

}  // namespace

Result<std::optional<Endpoint>> parse_endpoint_option(std::string_view text) {
  EndpointOptionReader reader;
  TRY_VOID(read(text, Kind::kObject, reader));
  return std::move(reader.endpoint);
}

Result<std::vector<Endpoint>> parse_candidates(std::string_view text) {
  EndpointsReader reader(BadEndpoint::kRefuse);
  TRY_VOID(read(text, Kind::kArray, reader));
  return reader.take();
}

std::vector<Endpoint> parse_stored_candidates(std::string_view text) {
  EndpointsReader reader(BadEndpoint::kSkipAny);
  if (!read(text, Kind::kArray, reader)) return {};
  return reader.take();
}

Result<wg::PublicKey> parse_redeem(std::string_view text) {
  RedeemReader reader;
  TRY_VOID(read(text, Kind::kObject, reader));
  return *reader.key;
}

Result<Capabilities> parse_capabilities(std::string_view text) {
  CapabilitiesReader reader;
  TRY_VOID(read(text, Kind::kObject, reader));
  return reader.capabilities;
}

Result<SeenAt> parse_seen_at(std::string_view text) {
  SeenAtReader reader;
  TRY_VOID(read(text, Kind::kObject, reader));
  return reader.seen;
}

std::optional<std::string> parse_error(std::string_view text) {
  ErrorReader reader;
  if (!read(text, Kind::kObject, reader)) return std::nullopt;
  return std::move(reader.message);
}

}  // namespace innernet
