#pragma once

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <climits>
#include <filesystem>

#include "innernet/base/unique_fd.hpp"

namespace innernet::testing {

/// Says when somebody has opened a file, without a pause in the test.
class Opened {
 public:
  explicit Opened(const std::filesystem::path& path) : fd_(::inotify_init1(IN_CLOEXEC)) {
    EXPECT_GE(::inotify_add_watch(fd_.get(), path.c_str(), IN_OPEN), 0);
  }
  void wait() {
    char event[sizeof(inotify_event) + NAME_MAX + 1];
    EXPECT_GT(::read(fd_.get(), event, sizeof event), 0);
  }

 private:
  UniqueFd fd_;
};

}  // namespace innernet::testing
