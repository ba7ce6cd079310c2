#pragma once

#include <functional>
#include <memory>

#include "innernet/base/error.hpp"

namespace innernet::server {

/// A thread for jobs of which only the latest counts, such as the hosts file as it should be now: one runs, one waits at most, and a later
/// one takes the place of that. So whatever holds a job up holds up nothing else, and collects nothing.
class LatestJob {
 public:
  using Post = std::function<void(std::function<void()>)>;
  using Job = std::function<Result<void>()>;
  using Done = std::function<void(Result<void>)>;

  /// `post` brings the answers to the loop.
  explicit LatestJob(Post post);
  LatestJob(const LatestJob&) = delete;
  LatestJob& operator=(const LatestJob&) = delete;
  /// Waits for the job that runs; one that waits is dropped.
  ~LatestJob();

  /// A job that is replaced before it has begun tells nobody.
  void run(Job job, Done done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace innernet::server
