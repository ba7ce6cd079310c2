#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/secret.hpp"

namespace innernet {

/// A TOML document, as far as configs need it. Errors name the key and its line and never show a value: it may be a private key in the
/// wrong place.
class TomlDocument {
 public:
  static Result<TomlDocument> parse(std::string_view text);
  TomlDocument(TomlDocument&&) noexcept;
  TomlDocument& operator=(TomlDocument&&) noexcept;
  ~TomlDocument();  ///< wipes the strings that it holds

  // `table` is empty for the top level. Missing or of another type: kInvalidInput.
  Result<std::string> string(std::string_view table, std::string_view key) const;
  Result<SecretText> secret(std::string_view table, std::string_view key) const;
  Result<std::int64_t> integer(std::string_view table, std::string_view key, std::int64_t low, std::int64_t high) const;
  bool has(std::string_view table, std::string_view key) const;
  /// All of a table whose values are strings; empty when there is no such table.
  Result<std::vector<std::pair<std::string, std::string>>> strings(std::string_view table) const;
  /// `what`, behind the key and the line that it came from.
  Error at(std::string_view table, std::string_view key, Error what) const;

 private:
  struct Impl;
  explicit TomlDocument(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace innernet
