#include "missing_files.hpp"

namespace innernet::server {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kReplacement{100};

}  // namespace

MissingFiles::Verdict MissingFiles::see(bool is_missing, BootTime now) {
  if (const auto decided = deadline_.due()) {
    if (now < *decided) return Verdict::kInDoubt;
    deadline_.clear();
    return is_missing ? Verdict::kGone : Verdict::kBack;
  }
  if (!is_missing) return Verdict::kThere;
  deadline_.set(now + kReplacement);
  return Verdict::kInDoubt;
}

}  // namespace innernet::server
