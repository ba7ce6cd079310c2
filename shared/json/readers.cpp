#include "readers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace innernet::json_events {

void ObjectReader::start() {
  seen_ = 0;
  current_ = kNone;
  next_ = 0;
}

Result<void> ObjectReader::key(std::string_view name) {
  if (next_ < names_.size() && names_[next_] == name) {
    current_ = next_;
  } else {
    const auto found = std::ranges::find(names_, name);
    current_ = found == names_.end() ? kNone : static_cast<std::size_t>(found - names_.begin());
  }
  if (current_ == kNone) {
    if (unknown_ == UnknownFields::kRefused) return invalid_input(fmt::format("unknown field {}", quoted(name)));
    return {};
  }
  next_ = current_ + 1;
  const std::uint32_t bit = 1U << current_;
  if ((seen_ & bit) != 0) return invalid_input("the field is there twice");
  seen_ |= bit;
  return {};
}

Result<void> ObjectReader::value(const Value& value) {
  if (current_ == kNone) return {};
  return field(current_, value);
}

Result<Reader*> ObjectReader::open(Kind kind) {
  if (current_ == kNone) return &ignore();
  TRY(Reader* const inner, container(current_, kind));
  if (inner != nullptr) return inner;
  TRY_VOID(field(current_, {.kind = kind, .text = {}}));
  return &ignore();
}

Result<void> ObjectReader::close() {
  current_ = kNone;
  if (const std::uint32_t missing = required_ & ~seen_; missing != 0)
    return invalid_input(fmt::format("the field {} is missing", names_[static_cast<std::size_t>(__builtin_ctz(missing))]));
  return finish();
}

void ObjectReader::append_path(std::string& out) const {
  if (current_ != kNone) out.append(".").append(names_[current_]);
}

Result<void> ArrayReader::count() {
  if (count_ == most_) return invalid_input(fmt::format("there are more than {}", most_));
  ++count_;
  return {};
}

Result<void> ArrayReader::value(const Value& value) {
  TRY_VOID(count());
  return element(value);
}

Result<Reader*> ArrayReader::open(Kind kind) {
  TRY_VOID(count());
  TRY(Reader* const inner, container(kind));
  if (inner != nullptr) return inner;
  TRY_VOID(element({.kind = kind, .text = {}}));
  return &ignore();
}

void ArrayReader::append_path(std::string& out) const {
  if (count_ > 0) fmt::format_to(std::back_inserter(out), "[{}]", count_ - 1);
}

Result<void> EndpointsReader::element(const Value& value) {
  const auto text = json_events::text(value);
  if (!text) return bad_ == BadEndpoint::kSkipAny ? Result<void>() : std::unexpected(text.error());
  if (bad_ != BadEndpoint::kRefuse && endpoints_.size() == kMostCandidatesRead) return {};
  auto endpoint = Endpoint::parse(*text);
  if (endpoint)
    endpoints_.push_back(*std::move(endpoint));
  else if (bad_ == BadEndpoint::kRefuse)
    return std::unexpected(std::move(endpoint).error());
  return {};
}

Result<std::optional<Endpoint>> nullable_endpoint(const Value& value, BadEndpoint bad) {
  if (value.kind == Kind::kNull) return std::nullopt;
  if (value.kind != Kind::kString) return expected_but_found("a string or null", value);
  auto endpoint = Endpoint::parse(value.text);
  if (endpoint) return *std::move(endpoint);
  if (bad == BadEndpoint::kRefuse) return std::unexpected(std::move(endpoint).error());
  return std::nullopt;
}

}  // namespace innernet::json_events
