#include "latest_job.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace innernet::server {

struct LatestJob::Impl {
  struct Order {
    Job job;
    Done done;
  };

  explicit Impl(Post post_in) : post(std::move(post_in)), thread([this] { work(); }) {}

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return stopping || waiting; });
      if (stopping) return;
      Order order = *std::exchange(waiting, std::nullopt);
      lock.unlock();
      post([done = std::move(order.done), outcome = order.job()] { done(outcome); });
      lock.lock();
    }
  }

  const Post post;

  // Between the threads.
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Order> waiting;
  bool stopping = false;

  std::thread thread;  // last: it uses all of the above
};

LatestJob::LatestJob(Post post) : impl_(std::make_unique<Impl>(std::move(post))) {}

LatestJob::~LatestJob() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  impl_->thread.join();
}

void LatestJob::run(Job job, Done done) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->waiting = Impl::Order{std::move(job), std::move(done)};
  }
  impl_->changed.notify_one();
}

}  // namespace innernet::server
