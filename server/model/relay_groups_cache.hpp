#pragma once

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <string>

#include "innernet/json/json.hpp"
#include "innernet/server/relays.hpp"

namespace innernet::server {

/// The ready answer to GET /v1/user/relay, made when it is asked for. All relays get the same.
class RelayGroupsCache {
 public:
  /// Those who wait for news of it wait as if they were of a CIDR that no database has.
  static constexpr CidrId kGroup{std::numeric_limits<std::int64_t>::min()};

  explicit RelayGroupsCache(std::uint64_t epoch) { replaced(epoch); }

  const std::string& etag() const { return etag_; }
  std::shared_ptr<const std::string> body(const Network& network) {
    if (body_ == nullptr) body_ = std::make_shared<const std::string>(to_json(server::relay_groups(network)));
    return body_;
  }

  /// Who may be relayed to whom is another one.
  void changed() {
    body_.reset();
    ++revision_;
    name();
  }
  void replaced(std::uint64_t epoch) {
    epoch_ = epoch;
    changed();
  }

  void note_waiting() { has_waiting_ = true; }
  bool take_waiting() { return std::exchange(has_waiting_, false); }

 private:
  void name() { etag_ = fmt::format("\"{:016x}-relay-{}\"", epoch_, revision_); }

  std::uint64_t epoch_ = 0;
  std::uint64_t revision_ = 0;
  std::string etag_;
  std::shared_ptr<const std::string> body_;
  bool has_waiting_ = false;
};

}  // namespace innernet::server
