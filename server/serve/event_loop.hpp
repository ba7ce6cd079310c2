#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace innernet::server {

/// The loop thread: sockets, timers, signals and what other threads post. Handlers run one after the other, each to completion.
class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  /// Runs handlers until stop().
  void run();
  void stop();
  /// Runs `task` in a later turn. May be called from any thread; nothing else here may.
  void post(std::function<void()> task);

  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One shot. Starting it anew, cancelling it or destroying it makes sure that the former handler does not run any more.
class Timer {
 public:
  explicit Timer(EventLoop& loop);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  void start(std::chrono::nanoseconds in, std::function<void()> then);
  void cancel();
  bool is_running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Tells each time that a descriptor of somebody else's, which outlives this, is readable. The handler must read it empty.
class ReadableWatch {
 public:
  ReadableWatch(EventLoop& loop, int fd, std::function<void()> readable);
  ReadableWatch(const ReadableWatch&) = delete;
  ReadableWatch& operator=(const ReadableWatch&) = delete;
  ~ReadableWatch();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

class SignalWatch {
 public:
  SignalWatch(EventLoop& loop, std::initializer_list<int> signals, std::function<void(int)> arrived);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace innernet::server
