#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "innernet/base/ip.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::server::db {

/// A row of `change_log`: a peer in a CIDR that it is in, or was.
struct LoggedPeer {
  PeerId peer{};
  CidrId cidr{};
  std::uint64_t number = 0;               ///< of its last change; 0: it was never shown
  std::optional<std::uint64_t> digest{};  ///< of what is shown of it; none: it is not shown
  /// Of the peer that has this address, for ids are given away again.
  std::optional<IpAddress> ip{};
  std::optional<SocketAddress> seen{};
  std::optional<Endpoint> relayed_at{};
  std::vector<RelayDistance> relay_distances{};
};

/// A row of `change_log_epochs`: a start of a server.
struct LoggedEpoch {
  std::uint64_t epoch = 0;
  std::uint64_t last = 0;  ///< the last of its numbers of which the log knows everything

  friend bool operator==(const LoggedEpoch&, const LoggedEpoch&) = default;
};

/// The one row of `change_log_rest`.
struct LoggedRest {
  std::uint64_t floor = 0;                     ///< who has an older state needs a whole one
  std::uint64_t cidrs = 0;                     ///< when they changed last
  std::optional<std::uint64_t> tree_digest{};  ///< none: it has changed since, and there was no time
  std::uint64_t relays = 0;                    ///< when they changed last
  std::string relays_json{};
};

struct StoredLog {
  std::vector<LoggedPeer> peers;    ///< by peer
  std::vector<LoggedEpoch> epochs;  ///< oldest first
  std::optional<LoggedRest> rest;   ///< none: there is no log yet, or somebody has removed it
};

/// The tables of the change log: what SavedLog remembers. The Rust server does not know of them.
class LogStore {
 public:
  static constexpr int kMostEpochs = 64;

  virtual ~LogStore() = default;

  /// Of the start that has written last.
  virtual Result<std::optional<LoggedEpoch>> last_epoch() = 0;
  /// A row keeps the highest number that it was given.
  virtual Result<void> put(const LoggedPeer& row) = 0;
  virtual Result<void> put(const LoggedEpoch& row) = 0;
  /// Forgets epochs before the last kMostEpochs, too.
  virtual Result<void> put(const LoggedRest& row) = 0;
  /// Rows that say nothing, because whoever has an older state than `floor` is given a whole one.
  virtual Result<void> forget_gone(std::uint64_t floor) = 0;
};

}  // namespace innernet::server::db
