#include "http_response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server_clock.hpp"

namespace innernet::client {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if ('A' <= c && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Digits and nothing else: from_chars alone would stop at the first other character.
std::optional<std::size_t> parse_size(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One line without its CRLF (a bare LF is taken, too, RFC 9112, 2.2), none when there is no whole line yet.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Result<void> parse_field(ResponseHead& head, std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || line.front() == ' ' || line.front() == '\t')
    return invalid_input(fmt::format("{} is no header field", quoted(line)));
  const std::string name = lower(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name == "content-length") {
    const auto length = parse_size(value, 10);
    if (!length || (head.content_length && head.content_length != length))
      return invalid_input(fmt::format("{} is no content length", quoted(value)));
    head.content_length = length;
  } else if (name == "transfer-encoding") {
    if (lower(value) != "chunked") return invalid_input(fmt::format("the transfer encoding {} is not known", quoted(value)));
    head.chunked = true;
  } else if (name == "connection") {
    const std::string options = lower(value);
    if (options.find("close") != std::string::npos) head.keep_alive = false;
    if (options.find("keep-alive") != std::string::npos) head.keep_alive = true;
  } else if (name == "etag") {
    // It goes back to the server as it is, so it must fit into a header.
    if (std::ranges::all_of(value, [](char c) { return c >= ' ' && c != 0x7f; })) head.etag = value;
  } else if (name == "retry-after") {
    // A date (RFC 9110, 10.2.3) is as good as none: no server of ours sends one.
    constexpr std::size_t kDay = 86'400;
    if (const auto seconds = parse_size(value, 10)) head.retry_after = std::chrono::seconds(std::min(*seconds, kDay));
  } else if (name == "date") {
    head.date = parse_http_date(value);
  } else if (name == "location") {
    head.location = value;
  } else if (name == "im") {
    head.instance_manipulation = lower(value);
  }
  return {};
}

}  // namespace

Result<ResponseHead> parse_response_head(std::string_view text) {
  const auto status_line = take_line(text);
  if (!status_line || (!status_line->starts_with("HTTP/1.1 ") && !status_line->starts_with("HTTP/1.0 ")))
    return invalid_input(fmt::format("{} is not how an HTTP/1.1 answer starts", quoted(status_line.value_or(text))));
  const auto status = parse_size(status_line->substr(9, 3), 10);
  if (!status || *status < 100 || *status > 599 || (status_line->size() > 12 && (*status_line)[12] != ' '))
    return invalid_input(fmt::format("{} has no status", quoted(*status_line)));

  ResponseHead head;
  head.status = static_cast<int>(*status);
  head.reason = trimmed(status_line->substr(std::min<std::size_t>(12, status_line->size())));
  head.keep_alive = status_line->starts_with("HTTP/1.1");
  while (const auto line = take_line(text)) {
    if (line->empty()) {
      if (head.chunked && head.content_length) return invalid_input("it has a content length and is chunked");
      return head;
    }
    TRY_VOID(parse_field(head, *line));
  }
  return invalid_input("its header does not end");
}

Result<void> ChunkedBody::feed(std::string& input, std::string& out) {
  std::string_view rest = input;
  const auto keep_rest = [&] { input.erase(0, input.size() - rest.size()); };
  while (state_ != State::kDone) {
    if (state_ == State::kData) {
      const std::string_view data = rest.substr(0, left_);
      out += data;
      rest.remove_prefix(data.size());
      left_ -= data.size();
      if (left_ > 0) break;
      state_ = State::kDataEnd;
      continue;
    }
    const auto line = take_line(rest);
    if (!line) {
      if (rest.size() > kMaxHeadSize) return invalid_input("a chunk's header is too long");
      break;
    }
    if (state_ == State::kDataEnd) {
      if (!line->empty()) return invalid_input("a chunk is longer than it says");
      state_ = State::kSize;
    } else if (state_ == State::kTrailer) {
      if (line->empty()) state_ = State::kDone;
    } else {
      const auto size = parse_size(trimmed(line->substr(0, line->find(';'))), 16);
      if (!size) return invalid_input(fmt::format("{} is no chunk size", quoted(*line)));
      if (*size > kMaxBodySize - std::min(out.size(), kMaxBodySize)) return invalid_input("it is larger than 256 MiB");
      left_ = *size;
      state_ = *size == 0 ? State::kTrailer : State::kData;
    }
  }
  keep_rest();
  return {};
}

}  // namespace innernet::client
