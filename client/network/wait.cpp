#include "wait.hpp"

#include <poll.h>

#include <array>
#include <cerrno>

namespace innernet::client {

Result<Poller> Poller::create(const Stop* stop) {
  TRY(auto timer, BootTimer::create());
  return Poller(std::move(timer), stop);
}

Result<Woken> Poller::until(BootTime deadline, std::initializer_list<Interest> interests) {
  if (stop_ != nullptr && stop_->requested()) return Woken::kStopped;
  TRY_VOID(timer_.set(deadline));

  std::array<pollfd, 6> fds{};
  nfds_t count = 0;
  const auto add = [&](int fd, short events) { fds.at(count++) = {.fd = fd, .events = events, .revents = 0}; };
  add(timer_.fd(), POLLIN);
  add(stop_ != nullptr ? stop_->fd() : -1, POLLIN);
  for (const Interest& interest : interests) add(interest.fd, interest.events);
  while (::poll(fds.data(), count, -1) < 0) {
    if (errno != EINTR) return fail_errno(errno, "waiting");
  }
  if (fds[1].revents != 0) return Woken::kStopped;
  for (nfds_t i = 2; i < count; ++i)
    if (fds.at(i).revents != 0) return Woken::kReady;
  return Woken::kDeadline;
}

Result<SystemWait> SystemWait::create(const Stop& stop) {
  TRY(Poller poller, Poller::create(&stop));
  return SystemWait(std::move(poller), stop);
}

bool SystemWait::until(BootTime deadline) {
  // A failing poll(2) must not become a busy loop, so it counts as a stop.
  const auto woken = poller_.until(deadline);
  return woken && *woken == Woken::kDeadline;
}

}  // namespace innernet::client
