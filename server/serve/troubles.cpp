#include "troubles.hpp"

namespace innernet::server {

std::optional<Troubles::News> Troubles::news(const std::string& task, const Result<void>& outcome) {
  if (outcome) {
    if (told_.erase(task) == 0) return std::nullopt;
    return News{.is_trouble = false, .text = task + ": works again"};
  }
  const std::string& failure = outcome.error().message();
  if (const auto [told, is_new] = told_.try_emplace(task, failure); !is_new) {
    if (told->second == failure) return std::nullopt;
    told->second = failure;
  }
  return News{.is_trouble = true, .text = task + ": " + failure};
}

bool is_locked(const Result<void>& outcome) { return !outcome && outcome.error().kind() == ErrorKind::kBusy; }

}  // namespace innernet::server
