#pragma once

#include <array>
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
/// still comes for an earlier one counts. The path is measured in the session that was answered, by questions of all sizes at once, and
/// once more by those that got no answer.
class Asking {
 public:
  using Randomness = std::function<void(std::span<std::uint8_t>)>;
  static constexpr int kTries = 3;
  /// Handshakes with one relay, at several of its addresses, are so far from each other: it takes those only whose times grow, and no
  /// more than two in a tenth of a second, of which one is the kernel's.
  static constexpr std::chrono::milliseconds kApart{120};

  Asking(const wg::PrivateKey& own, std::span<const ProbeTarget> targets, std::chrono::milliseconds within, Prober::Path path,
         Randomness randomness, BootTime start);

  struct Outgoing {
    SocketAddress to;
    std::vector<std::uint8_t> bytes;
  };
  /// What has to be sent now.
  std::vector<Outgoing> due(BootTime now, WallTime wall);
  /// What the packet makes necessary.
  std::vector<Outgoing> on_packet(BootTime now, std::span<const std::uint8_t> bytes);

  /// When due() has something next, or all is over; that may be before now.
  BootTime next() const;
  bool is_over(BootTime now) const;
  ProbeAnswers answers() const;

  /// Of IP packets: those of Ethernet, PPPoE, tunnels in each other, and what IPv6 and the oldest rules ask for at least.
  static constexpr std::array<std::size_t, 16> kPathMtus{1500, 1492, 1480, 1472, 1460, 1452, 1440, 1420,
                                                         1400, 1380, 1360, 1320, 1280, 1200, 1000, 576};

 private:
  struct Try {
    Initiated initiated;
    std::optional<InitiatedSession> session;
    BootTime asked{};
    bool has_cookie = false;
    std::uint64_t next_counter = 0;
  };
  // Of one that has answered.
  struct PathLook {
    std::size_t with = 0;  // the try
    int rounds = 0;
    std::vector<std::size_t> mtus;  // of the questions with the counters 1, 2, …
    BootTime until{};
    bool is_over = false;
  };
  struct Course {
    ProbeTarget target;
    BootTime next;
    std::vector<Try> tries;
    std::optional<ProbeAnswer> answer;
    PathLook path;
  };

  bool has_all() const;
  std::optional<Outgoing> begin(Course& course, WallTime wall);
  static Outgoing ask(const Course& course, Try& one, std::size_t size);
  std::vector<Outgoing> on_answer(Course& course, std::size_t with, std::uint64_t counter, const SocketAddress& seen_at, BootTime now);
  static std::vector<Outgoing> measure_path(Course& course, BootTime now);

  OwnKey own_;
  Randomness randomness_;
  std::chrono::nanoseconds again_;
  Prober::Path path_;
  BootTime end_;
  std::vector<Course> courses_;
};

}  // namespace innernet::relay
