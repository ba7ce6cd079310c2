#pragma once

#include <chrono>
#include <optional>

#include "deadline.hpp"
#include "innernet/server/link_state.hpp"

namespace innernet::server {

/// When the interface is brought back that somebody has removed or changed, and when the API listens.
///
/// - Sockets belong to a link, not to its name. The API listens on link_ alone, and on none that is not there any more.
/// - What is damaged is rebuilt a pause later, not at once: `uninstall` removes the interface and then the config, and what is about to end
///   is not rebuilt. So is what could not be rebuilt.
/// - A link that is damaged or being rebuilt is not looked at, and not listened on anew: that follows once it is back.
/// - One step is due at a time.
class LinkRepair {
 public:
  enum class Damage {
    kNone,
    kIncomplete,  ///< as it was left by the last rebuild
    kChanged,
    kReplaced,
    kRemoved,
  };
  enum class Step { kRebuild, kListen };

  explicit LinkRepair(std::chrono::milliseconds pause) : pause_(pause) {}

  /// The API listens for the first time.
  void begin(const LinkState& link);
  bool has_begun() const { return state_ != State::kStarting; }

  /// What see() would take an interest in.
  bool wants_to_see() const { return state_ == State::kWhole; }
  Damage see(const LinkState& link, BootTime now);
  /// The API's port is another one now. The sockets are closed.
  void note_closed() { is_listening_ = false; }

  std::optional<BootTime> due() const { return deadline_.due(); }
  /// What is due.
  Step step() const { return state_ == State::kDamaged ? Step::kRebuild : Step::kListen; }

  /// Whether it is to be rebuilt now; not while the network may be about to end.
  bool begin_rebuild(bool are_files_in_doubt, BootTime now);
  /// `link`: none if it failed.
  void end_rebuild(const std::optional<LinkState>& link, BootTime now);

  /// Whether the API should begin to listen, once the device has its peers.
  bool wants_to_listen() const { return !is_listening_ && (state_ == State::kStarting || state_ == State::kWhole); }
  void note_listening();
  void note_listening_failed(BootTime now) { deadline_.set(now + pause_); }

 private:
  enum class State { kStarting, kWhole, kDamaged, kBeingRebuilt };

  std::chrono::milliseconds pause_;
  State state_ = State::kStarting;
  LinkState link_;
  bool is_listening_ = false;
  Deadline deadline_;
};

/// Whether the sockets belong to a link that is gone.
constexpr bool loses_sockets(LinkRepair::Damage damage) {
  return damage == LinkRepair::Damage::kReplaced || damage == LinkRepair::Damage::kRemoved;
}

}  // namespace innernet::server
