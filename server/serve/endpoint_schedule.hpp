#pragma once

#include <chrono>
#include <optional>

#include "deadline.hpp"
#include "innernet/server/network.hpp"

namespace innernet::server {

/// When the device is looked at, for where it has seen the peers and for what others have done to it: in a rhythm, sooner when somebody has
/// just become visible, and never while it is being asked.
class EndpointSchedule {
 public:
  struct Periods {
    std::chrono::milliseconds regular;  ///< from the end of a poll to the next
    std::chrono::milliseconds soon;     ///< between two polls at least, when a peer has just changed its key
    std::chrono::milliseconds unseen;   ///< the same, when a peer asks that was not seen yet; and until the poll after either
  };
  enum class Reason { kKeyChanged, kUnseenPeer, kAsked };

  explicit EndpointSchedule(const Periods& periods) : periods_(periods) {}

  /// None before the first poll, which somebody else begins, and while one is under way.
  std::optional<BootTime> due() const { return deadline_.due(); }
  void begin_poll(BootTime now);
  void end_poll(BootTime now);
  /// A poll should come sooner than the rhythm has it (kAsked: at once), and one more after it, when a new session has had its handshake.
  /// Before the first poll this is nothing: the first sees all.
  void hasten(Reason reason);

 private:
  std::chrono::milliseconds distance(Reason reason) const;

  Periods periods_;
  Deadline deadline_;
  std::optional<BootTime> begun_;  // the last poll
  bool is_polling_ = false;
  std::optional<std::chrono::milliseconds> hastened_meanwhile_;  // while it was polling
  bool once_more_ = false;
};

/// Why a request is a reason to ask the device for endpoints. `asker` is whose address it came from, or null.
std::optional<EndpointSchedule::Reason> reason_to_poll(bool changes_key, const PeerRecord* asker);

}  // namespace innernet::server
