#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet {

/// The name of a network interface: 1 to 15 bytes (IFNAMSIZ - 1 of <linux/if.h>), without NUL, `/` or white space, and
/// neither `.` nor `..`, as the kernel's dev_valid_name() has it (net/core/dev.c; it refuses `:`, too).
class InterfaceName {
 public:
  /// Fails with kInvalidInput and a message that shows `text` and the rule.
  static Result<InterfaceName> parse(std::string_view text);

  const std::string& str() const { return name_; }
  const char* c_str() const { return name_.c_str(); }

  friend auto operator<=>(const InterfaceName&, const InterfaceName&) = default;

 private:
  explicit InterfaceName(std::string_view name) : name_(name) {}

  std::string name_;
};

}  // namespace innernet
