#pragma once

#include <optional>

#include "deadline.hpp"

namespace innernet::server {

/// Whether config or database of a network are gone for good. A file that is replaced by removing and copying is away for a moment, so what
/// is missing is looked for once more before it counts.
class MissingFiles {
 public:
  enum class Verdict {
    kThere,
    kInDoubt,  ///< wait for due()
    kBack,     ///< was in doubt until now
    kGone,
  };
  Verdict see(bool is_missing, BootTime now);
  bool are_in_doubt() const { return deadline_.is_set(); }
  /// When see() decides a doubt.
  std::optional<BootTime> due() const { return deadline_.due(); }

 private:
  Deadline deadline_;
};

}  // namespace innernet::server
