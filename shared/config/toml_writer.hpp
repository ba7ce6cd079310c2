#pragma once

#include <cstdint>
#include <string_view>

#include "innernet/base/wiping_allocator.hpp"

namespace innernet {

/// Writes TOML as the Rust programs do: basic strings in double quotes, a blank line before each table but the first.
class TomlWriter {
 public:
  /// `out` outlives the writer.
  explicit TomlWriter(WipedString& out) : out_(out) {}

  void table(std::string_view name);
  void string(std::string_view key, std::string_view value);
  /// A key that is no bare one, in quotes.
  void string_with_quoted_key(std::string_view key, std::string_view value);
  void integer(std::string_view key, std::uint64_t value);

 private:
  void quote(std::string_view text);

  WipedString& out_;
  bool after_table_ = false;
};

}  // namespace innernet
