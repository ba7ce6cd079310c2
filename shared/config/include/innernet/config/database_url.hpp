#pragma once

#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet {

/// Where a network's PostgreSQL database is: postgresql://user@host:port,host:port/dbname?parameter=value, as libpq reads it
/// (https://www.postgresql.org/docs/current/libpq-connect.html, 34.1.1.2). Never with a password.
class DatabaseUrl {
 public:
  /// Two kilobytes at most. kInvalidInput: it is none, it names no database, or there is a password in it; the message shows nothing of
  /// the text. What a parameter means, libpq decides when it connects.
  static Result<DatabaseUrl> parse(std::string_view text);

  const std::string& str() const { return text_; }
  /// scheme://hosts/dbname for messages and lists, without anything that a terminal acts on.
  const std::string& shown() const { return shown_; }

  friend bool operator==(const DatabaseUrl& a, const DatabaseUrl& b) { return a.text_ == b.text_; }

 private:
  DatabaseUrl(std::string_view text, std::string shown) : text_(text), shown_(std::move(shown)) {}

  std::string text_;
  std::string shown_;
};

}  // namespace innernet
