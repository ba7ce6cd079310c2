#include "innernet/client/stop.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

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
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fail_errno(errno, "making an eventfd");
  return Stop(std::move(fd));
}

void Stop::request() {
  requested_ = true;
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then it is readable already.
  [[maybe_unused]] const ssize_t ignored = ::write(fd_.get(), &one, sizeof one);
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
