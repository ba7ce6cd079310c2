#pragma once

#include <initializer_list>

#include "boot_timer.hpp"
#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"
#include "innernet/client/stop.hpp"

namespace innernet::client {

struct Interest {
  int fd = -1;
  short events = 0;
};

enum class Woken { kReady, kDeadline, kStopped };

/// poll(2) with a deadline in boot time.
class Poller {
 public:
  /// `stop` may be null, and must outlive it.
  static Result<Poller> create(const Stop* stop);

  /// Until one of the descriptors (at most four; -1 is none) is ready, has failed or hung up.
  Result<Woken> until(BootTime deadline, std::initializer_list<Interest> interests = {});

 private:
  Poller(BootTimer timer, const Stop* stop) : timer_(std::move(timer)), stop_(stop) {}

  BootTimer timer_;
  const Stop* stop_;
};

/// Time as something to wait for, so that tests need not.
class Wait {
 public:
  virtual ~Wait() = default;
  virtual const Clock& clock() const = 0;
  virtual bool stopped() const = 0;
  /// False when it was stopped before.
  virtual bool until(BootTime deadline) = 0;
};

class SystemWait final : public Wait {
 public:
  static Result<SystemWait> create(const Stop& stop);

  const Clock& clock() const override { return clock_; }
  bool stopped() const override { return stop_->requested(); }
  bool until(BootTime deadline) override;

 private:
  SystemWait(Poller poller, const Stop& stop) : poller_(std::move(poller)), stop_(&stop) {}

  SystemClock clock_;
  Poller poller_;
  const Stop* stop_;
};

}  // namespace innernet::client
