#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

// JSON as a stream of events, so that ten thousand peers go straight into their values without a tree between. A Reader
// stands for one object or array and takes what is directly inside; for a nested one it hands out another Reader.
namespace innernet::json_events {

enum class Kind { kNull, kBoolean, kInteger, kOtherNumber, kString, kObject, kArray };

/// What stands behind a key or in an array. Of an object or array it has the kind alone.
struct Value {
  Kind kind = Kind::kNull;
  bool boolean = false;
  std::int64_t integer = 0;  ///< kInteger: an integer token that fits; 1.0, 1e3 and 2^63 are kOtherNumber
  std::string_view text;     ///< kString: unescaped valid UTF-8, until the reader returns
};

// The only ways from a Value to something of ours. All fail with "expected …, found …".
Result<std::string_view> text(const Value& value);
Result<bool> boolean(const Value& value);
Result<std::int64_t> integer_between(const Value& value, std::int64_t low, std::int64_t high);
template <class T>
Result<T> integer(const Value& value) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kHigh =
      std::numeric_limits<T>::max() > static_cast<std::uint64_t>(kMost) ? kMost : static_cast<std::int64_t>(std::numeric_limits<T>::max());
  TRY(const std::int64_t number, integer_between(value, std::int64_t{std::numeric_limits<T>::min()}, kHigh));
  return static_cast<T>(number);
}
std::unexpected<Error> expected_but_found(std::string_view expected, const Value& value);

class Reader {
 public:
  virtual ~Reader() = default;

  virtual Result<void> key(std::string_view name) = 0;  ///< objects only
  virtual Result<void> value(const Value& value) = 0;
  /// The reader of the object or array that begins here. It must live until its close().
  virtual Result<Reader*> open(Kind kind) = 0;
  virtual Result<void> close() = 0;
  /// Where it is at the moment: `.name` or `[3]`.
  virtual void append_path(std::string& out) const = 0;
};

/// A reader that takes everything and keeps nothing.
Reader& ignore();

/// An object or array (`kind`) whose text comes in pieces, which may end anywhere, and whose content `root` takes. After a failure it must
/// not be used again. Errors say where: by path for a wrong value, by byte for a wrong syntax. Nesting is bounded, so that no input
/// exhausts the stack.
class Document {
 public:
  Document(Kind kind, Reader& root);
  Document(Document&&) noexcept;
  ~Document();

  Result<void> take(std::string_view piece);
  /// When all has been taken.
  Result<void> finish();

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

/// The same for a text that is there as a whole.
Result<void> read(std::string_view text, Kind kind, Reader& root);

}  // namespace innernet::json_events
