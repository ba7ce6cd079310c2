#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "initiator.hpp"
#include "innernet/base/clock.hpp"
#include "innernet/relay/probe.hpp"
#include "question.hpp"

namespace innernet::relay {

/// The course of a probe: what is sent when, and what came back. No socket, no clock, no randomness of its own.
///
/// A try is a handshake and a question in its session. The next one comes after a third of the time, whatever the first one lacked; what
/// still comes for an earlier one counts.
class Asking {
 public:
  using Randomness = std::function<void(std::span<std::uint8_t>)>;
  static constexpr int kTries = 3;
  /// Handshakes with one relay, at several of its addresses, are so far from each other: it takes those only whose times grow, and no
  /// more than two in a tenth of a second, of which one is the kernel's.
  static constexpr std::chrono::milliseconds kApart{120};

  Asking(const wg::PrivateKey& own, std::span<const ProbeTarget> targets, std::chrono::milliseconds within, Randomness randomness,
         BootTime start);

  struct Outgoing {
    SocketAddress to;
    std::vector<std::uint8_t> bytes;
  };
  /// What has to be sent now.
  std::vector<Outgoing> due(BootTime now, WallTime wall);
  /// What the packet makes necessary.
  std::optional<Outgoing> on_packet(BootTime now, std::span<const std::uint8_t> bytes);

  /// When due() has something next, or all is over.
  BootTime next() const;
  bool is_over(BootTime now) const;
  std::vector<std::optional<ProbeAnswer>> answers() const;

 private:
  struct Try {
    Initiated initiated;
    std::optional<InitiatedSession> session;
    BootTime asked{};
    bool has_cookie = false;
  };
  struct Course {
    ProbeTarget target;
    BootTime next;
    std::vector<Try> tries;
    std::optional<ProbeAnswer> answer;
  };

  std::optional<Outgoing> begin(Course& course, WallTime wall);
  Outgoing ask(const Course& course, Try& one, BootTime now);

  OwnKey own_;
  Randomness randomness_;
  std::chrono::nanoseconds again_;
  BootTime end_;
  std::vector<Course> courses_;
};

}  // namespace innernet::relay
