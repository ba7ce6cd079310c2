#include "event_loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace innernet::server {

namespace asio = boost::asio;

struct EventLoop::Impl {
  // One thread runs it; others only post.
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;
void EventLoop::run() { impl_->context.run(); }
void EventLoop::stop() { impl_->context.stop(); }
void EventLoop::post(std::function<void()> task) { asio::post(impl_->context, std::move(task)); }
asio::io_context& EventLoop::context() { return impl_->context; }

struct Timer::State : std::enable_shared_from_this<Timer::State> {
  explicit State(asio::io_context& context) : timer(context) {}

  asio::steady_timer timer;
  std::function<void()> then;
  // A handler that was already on its way when the timer was cancelled sees that it is not the latest.
  std::uint64_t generation = 0;
};

Timer::Timer(EventLoop& loop) : state_(std::make_shared<State>(loop.context())) {}

Timer::~Timer() { cancel(); }

void Timer::start(std::chrono::nanoseconds in, std::function<void()> then) {
  const std::uint64_t generation = ++state_->generation;
  state_->then = std::move(then);
  state_->timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(in));
  state_->timer.async_wait([state = state_, generation](const boost::system::error_code&) {
    if (state->generation != generation) return;
    if (const auto due = std::exchange(state->then, nullptr)) due();
  });
}

void Timer::cancel() {
  ++state_->generation;
  state_->then = nullptr;
  state_->timer.cancel();
}

bool Timer::is_running() const { return state_->then != nullptr; }

struct ReadableWatch::State : std::enable_shared_from_this<ReadableWatch::State> {
  State(asio::io_context& context, int fd, std::function<void()> readable) : descriptor(context, fd), handler(std::move(readable)) {}

  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& failure) {
      if (failure || !self->handler) return;
      // The handler may destroy the watch.
      const auto current = self->handler;
      current();
      if (self->handler) self->wait();
    });
  }

  asio::posix::stream_descriptor descriptor;
  std::function<void()> handler;
};

ReadableWatch::ReadableWatch(EventLoop& loop, int fd, std::function<void()> readable)
    : state_(std::make_shared<State>(loop.context(), fd, std::move(readable))) {
  state_->wait();
}

ReadableWatch::~ReadableWatch() {
  state_->handler = nullptr;
  state_->descriptor.release();
}

struct SignalWatch::State : std::enable_shared_from_this<SignalWatch::State> {
  State(asio::io_context& context, std::function<void(int)> arrived) : signals(context), handler(std::move(arrived)) {}

  void wait() {
    signals.async_wait([self = shared_from_this()](const boost::system::error_code& failure, int signal) {
      if (failure || !self->handler) return;
      const auto current = self->handler;
      current(signal);
      if (self->handler) self->wait();
    });
  }

  asio::signal_set signals;
  std::function<void(int)> handler;
};

SignalWatch::SignalWatch(EventLoop& loop, std::initializer_list<int> signals, std::function<void(int)> arrived)
    : state_(std::make_shared<State>(loop.context(), std::move(arrived))) {
  boost::system::error_code ignored;  // fails only for numbers that are no signals
  for (const int signal : signals) state_->signals.add(signal, ignored);
  state_->wait();
}

SignalWatch::~SignalWatch() {
  state_->handler = nullptr;
  boost::system::error_code ignored;
  state_->signals.cancel(ignored);
}

}  // namespace innernet::server
