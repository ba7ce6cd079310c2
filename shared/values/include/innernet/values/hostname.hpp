#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet {

/// The name of a peer: lower case letters, digits and single inner dashes, at most 63 bytes. What
/// `^([a-z0-9]-?)*[a-z0-9]$` matches, found in linear time.
class Hostname {
 public:
  /// Fails with kInvalidInput and a message that shows `text` and the rule.
  static Result<Hostname> parse(std::string_view text);

  const std::string& str() const { return name_; }

  friend auto operator<=>(const Hostname&, const Hostname&) = default;

 private:
  explicit Hostname(std::string_view name) : name_(name) {}

  std::string name_;
};

}  // namespace innernet
