#include "innernet/client/stop.hpp"

#include <cerrno>

namespace innernet::client {
namespace {

std::atomic<Stop*> stop_of_signals = nullptr;

void request_stop(int /*signal*/) {
  const int saved_errno = errno;
  if (Stop* stop = stop_of_signals) stop->request();
  errno = saved_errno;
}

}  // namespace

Result<Stop> Stop::create() {
  TRY(auto nudge, Nudge::create());
  return Stop(std::move(nudge));
}

void Stop::request() {
  requested_ = true;
  nudge_.give();
}

StopOnSignals::StopOnSignals(Stop& stop) {
  stop_of_signals = &stop;
  struct sigaction action{};
  action.sa_handler = request_stop;
  // SA_RESETHAND: somebody who presses Ctrl-C twice means it.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, &interrupt_);
  ::sigaction(SIGTERM, &action, &terminate_);
  ::sigaction(SIGHUP, &action, &hang_up_);
  // nohup(1) has it ignored for good.
  if (hang_up_.sa_handler == SIG_IGN) ::sigaction(SIGHUP, &hang_up_, nullptr);
}

StopOnSignals::~StopOnSignals() {
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
  ::sigaction(SIGHUP, &hang_up_, nullptr);
  stop_of_signals = nullptr;
}

}  // namespace innernet::client
