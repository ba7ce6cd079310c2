#include "events.hpp"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>  // the library's definitions; no other file may include this
#include <optional>
#include <utility>
#include <vector>

namespace innernet::json_events {
namespace {

// Ours nest four deep; the rest is room for fields of a later version.
constexpr std::size_t kMostLevels = 64;

std::string_view name_of(const Value& value) {
  switch (value.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case Kind::kInteger:
      return "a number";
    case Kind::kOtherNumber:
      return "a number that is no integer of 64 bits";
    case Kind::kString:
      return "a string";
    case Kind::kObject:
      return "an object";
    case Kind::kArray:
      return "an array";
  }
  std::unreachable();
}

class Ignore final : public Reader {
 public:
  Result<void> key(std::string_view) override { return {}; }
  Result<void> value(const Value&) override { return {}; }
  Result<Reader*> open(Kind) override { return this; }
  Result<void> close() override { return {}; }
  void append_path(std::string&) const override {}
};

// What basic_parser calls. A string arrives in parts when it has escapes; whole, it is a view into the input.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  using ErrorCode = boost::json::error_code;
  using View = boost::json::string_view;

  Handler(Kind kind, Reader& root) : root_kind_(kind), root_(root) { stack_.reserve(kMostLevels); }

  const std::optional<Error>& error() const { return error_; }

  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode& code) { return open(Kind::kObject, code); }
  bool on_object_end(std::size_t, ErrorCode& code) { return close(code); }
  bool on_array_begin(ErrorCode& code) { return open(Kind::kArray, code); }
  bool on_array_end(std::size_t, ErrorCode& code) { return close(code); }

  bool on_key_part(View part, std::size_t, ErrorCode&) { return keep(part); }
  bool on_key(View last, std::size_t, ErrorCode& code) {
    const bool taken = check(stack_.back()->key(whole(last)), code);
    parts_.clear();
    return taken;
  }
  bool on_string_part(View part, std::size_t, ErrorCode&) { return keep(part); }
  bool on_string(View last, std::size_t, ErrorCode& code) {
    const bool taken = scalar({.kind = Kind::kString, .text = whole(last)}, code);
    parts_.clear();
    return taken;
  }

  bool on_number_part(View, ErrorCode&) { return true; }
  bool on_int64(std::int64_t number, View, ErrorCode& code) {
    return scalar({.kind = Kind::kInteger, .integer = number, .text = {}}, code);
  }
  bool on_uint64(std::uint64_t number, View, ErrorCode& code) {
    if (!std::in_range<std::int64_t>(number)) return scalar({.kind = Kind::kOtherNumber, .text = {}}, code);
    return scalar({.kind = Kind::kInteger, .integer = static_cast<std::int64_t>(number), .text = {}}, code);
  }
  bool on_double(double, View, ErrorCode& code) { return scalar({.kind = Kind::kOtherNumber, .text = {}}, code); }
  bool on_bool(bool value, ErrorCode& code) { return scalar({.kind = Kind::kBoolean, .boolean = value, .text = {}}, code); }
  bool on_null(ErrorCode& code) { return scalar({}, code); }
  bool on_comment_part(View, ErrorCode&) { return true; }
  bool on_comment(View, ErrorCode&) { return true; }

 private:
  bool keep(View part) {
    parts_.append(part.data(), part.size());
    return true;
  }
  std::string_view whole(View last) {
    if (parts_.empty()) return {last.data(), last.size()};
    keep(last);
    return parts_;
  }

  bool scalar(const Value& value, ErrorCode& code) {
    if (stack_.empty()) return check(wrong_root(value), code);
    return check(stack_.back()->value(value), code);
  }
  bool open(Kind kind, ErrorCode& code) {
    if (stack_.empty()) {
      if (kind != root_kind_) return check(wrong_root({.kind = kind, .text = {}}), code);
      stack_.push_back(&root_);
      return true;
    }
    auto inner = stack_.back()->open(kind);
    if (!inner) return refuse(std::move(inner).error(), code);
    stack_.push_back(*inner);
    return true;
  }
  bool close(ErrorCode& code) {
    const bool taken = check(stack_.back()->close(), code);
    stack_.pop_back();
    return taken;
  }

  Result<void> wrong_root(const Value& value) const {
    return expected_but_found(root_kind_ == Kind::kObject ? "an object" : "an array", value);
  }
  bool check(Result<void> result, ErrorCode& code) {
    if (result) [[likely]]
      return true;
    return refuse(std::move(result).error(), code);
  }
  bool refuse(Error error, ErrorCode& code) {
    std::string path;
    for (const Reader* reader : stack_) reader->append_path(path);
    const std::string_view shown = path.starts_with('.') ? std::string_view(path).substr(1) : path;
    error_ = shown.empty() ? std::move(error) : std::move(error).context(shown);
    code = boost::json::make_error_code(boost::json::error::syntax);  // any: it only stops the parser
    return false;
  }

  Kind root_kind_;
  Reader& root_;
  std::vector<Reader*> stack_;
  std::string parts_;
  std::optional<Error> error_;
};

}  // namespace

std::unexpected<Error> expected_but_found(std::string_view expected, const Value& value) {
  return invalid_input(fmt::format("expected {}, found {}", expected, name_of(value)));
}

Result<std::string_view> text(const Value& value) {
  if (value.kind != Kind::kString) return expected_but_found("a string", value);
  return value.text;
}

Result<bool> boolean(const Value& value) {
  if (value.kind != Kind::kBoolean) return expected_but_found("true or false", value);
  return value.boolean;
}

Result<std::int64_t> integer_between(const Value& value, std::int64_t low, std::int64_t high) {
  if (value.kind != Kind::kInteger) return expected_but_found("an integer", value);
  if (value.integer < low || value.integer > high)
    return invalid_input(fmt::format("expected an integer from {} to {}, found {}", low, high, value.integer));
  return value.integer;
}

Reader& ignore() {
  static Ignore reader;
  return reader;
}

class Document::Parser {
 public:
  Parser(Kind kind, Reader& root) : parser_(options(), kind, root) {}

  Result<void> take(std::string_view piece, bool more) {
    boost::json::error_code code;
    const std::size_t used = parser_.write_some(more, piece.data(), piece.size(), code);
    if (parser_.handler().error()) return std::unexpected(*parser_.handler().error());
    if (code) return invalid_input(fmt::format("not valid JSON at byte {}: {}", taken_ + used, code.message()));
    taken_ += used;
    if (used < piece.size()) return invalid_input(fmt::format("there is text behind the end of the JSON, at byte {}", taken_));
    return {};
  }

  Result<void> finish() {
    if (parser_.done()) return {};
    return take({}, false);
  }

 private:
  static boost::json::parse_options options() {
    boost::json::parse_options options;
    options.max_depth = kMostLevels;
    return options;
  }

  boost::json::basic_parser<Handler> parser_;
  std::size_t taken_ = 0;  // bytes
};

Document::Document(Kind kind, Reader& root) : parser_(std::make_unique<Parser>(kind, root)) {}
Document::Document(Document&&) noexcept = default;
Document::~Document() = default;

Result<void> Document::take(std::string_view piece) { return parser_->take(piece, true); }

Result<void> Document::finish() { return parser_->finish(); }

Result<void> read(std::string_view text, Kind kind, Reader& root) {
  Document document(kind, root);
  TRY_VOID(document.take(text));
  return document.finish();
}

}  // namespace innernet::json_events
