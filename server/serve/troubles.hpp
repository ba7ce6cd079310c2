#pragma once

#include <map>
#include <optional>
#include <string>

#include "innernet/base/error.hpp"

namespace innernet::server {

/// What of the outcomes of tasks, which are tried again and again, is news for the log.
class Troubles {
 public:
  struct News {
    bool is_trouble;
    std::string text;  ///< names the task

    friend bool operator==(const News&, const News&) = default;
  };
  /// A task's failure when it is another than last time, and once that it works again.
  std::optional<News> news(const std::string& task, const Result<void>& outcome);

 private:
  std::map<std::string, std::string> told_;  // per task that fails, how
};

/// Another process holds the database's lock just now. That is no trouble: it is tried again soon.
bool is_locked(const Result<void>& outcome);

}  // namespace innernet::server
