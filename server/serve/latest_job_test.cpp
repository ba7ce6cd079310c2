#include "latest_job.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <string>
#include <vector>

namespace innernet::server {
namespace {

/// Jobs that write down that they ran. The first can be held up.
class LatestJobTest : public ::testing::Test {
 protected:
  LatestJob::Job job(std::string name) {
    return [this, name] {
      ran_.push_back(name);
      return Result<void>();
    };
  }
  LatestJob::Job held_up() {
    return [this] {
      begun_.count_down();
      go_on_.wait();
      ran_.emplace_back("held up");
      return Result<void>(fail(ErrorKind::kBusy, "locked"));
    };
  }
  LatestJob::Done tell(std::string name) {
    return [this, name](const Result<void>& outcome) { told_.push_back(name + (outcome ? "" : " failed")); };
  }

  std::latch begun_{1};
  std::latch go_on_{1};
  std::latch last_{1};
  std::vector<std::string> ran_;   // by the thread alone, until it has ended
  std::vector<std::string> told_;  // the same
};

TEST_F(LatestJobTest, RunsTheLatestOfThoseThatWaited) {
  {
    LatestJob jobs([](const std::function<void()>& task) { task(); });
    jobs.run(held_up(), tell("held up"));
    begun_.wait();
    jobs.run(job("second"), tell("second"));
    jobs.run(job("third"), tell("third"));
    jobs.run(job("fourth"), [this](const Result<void>&) { last_.count_down(); });
    go_on_.count_down();
    last_.wait();
  }
  EXPECT_EQ(ran_, (std::vector<std::string>{"held up", "fourth"}));
  EXPECT_EQ(told_, (std::vector<std::string>{"held up failed"}));
}

}  // namespace
}  // namespace innernet::server
