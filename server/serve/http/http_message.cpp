#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <ctime>
#include <limits>

#include "http_message.hpp"

namespace innernet::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Calls `visit` with each element of a comma-separated list (RFC 9110, 5.6.1).
template <class Visit>
void for_each_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::string_view element = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), element.size() + 1));
    visit(trimmed(element));
  }
}

std::string_view without_parameters(std::string_view element) { return trimmed(element.substr(0, element.find(';'))); }

/// The value of `wait=SECONDS` (RFC 7240, 4.3), the first one.
std::optional<std::chrono::seconds> parse_wait(std::string_view prefer) {
  std::optional<std::chrono::seconds> wait;
  for_each_element(prefer, [&wait](std::string_view element) {
    const std::string_view preference = without_parameters(element);
    const std::size_t equals = preference.find('=');
    if (wait || equals == std::string_view::npos || !same_ignoring_case(trimmed(preference.substr(0, equals)), "wait")) return;
    std::string_view value = trimmed(preference.substr(equals + 1));
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    std::uint64_t seconds = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (end != value.data() + value.size() || (failure != std::errc() && failure != std::errc::result_out_of_range)) return;
    if (failure == std::errc::result_out_of_range) seconds = std::numeric_limits<std::uint64_t>::max();
    wait = std::chrono::seconds(std::min<std::uint64_t>(seconds, kMaxWait.count()));
  });
  if (wait && wait->count() == 0) wait.reset();
  return wait;
}

void assign(std::optional<std::string>& to, std::string_view value) {
  if (to)
    to->assign(value);
  else
    to.emplace(value);
}

/// Beast's grammar; what it finds goes straight into the request.
class HeadParser : public http::basic_parser<true> {
 public:
  explicit HeadParser(Request& request) : request_(request) {
    header_limit(kMaxHeadBytes);
    body_limit(boost::none);
  }

  bool has_transfer_encoding = false;
  bool expects_continue = false;
  bool has_key = false;
  bool has_if_none_match = false;

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int, beast::error_code& failure) override {
    failure = {};
    request_.method.assign(method.data(), method.size());
    // The absolute form (RFC 9112, 3.2.2), which proxies use, means the same.
    std::string_view path(target.data(), target.size());
    if (path.starts_with("http://") || path.starts_with("https://")) {
      path.remove_prefix(path.find("//") + 2);
      const std::size_t slash = path.find_first_of("/?");
      path = slash == std::string_view::npos ? "/" : path.substr(slash);
    }
    request_.target.assign(path);
  }

  void on_field_impl(http::field name, beast::string_view name_text, beast::string_view text, beast::error_code& failure) override {
    failure = {};
    const std::string_view value(text.data(), text.size());
    switch (name) {
      case http::field::if_none_match:
        if (!std::exchange(has_if_none_match, true)) assign(request_.if_none_match, value);
        break;
      case http::field::prefer:
        if (!request_.wait) request_.wait = parse_wait(value);
        break;
      case http::field::a_im:
        for_each_element(value, [this](std::string_view element) {
          if (same_ignoring_case(without_parameters(element), "innernet")) request_.accepts_delta = true;
        });
        break;
      case http::field::transfer_encoding:
        has_transfer_encoding = true;
        break;
      case http::field::expect:
        expects_continue = same_ignoring_case(value, "100-continue");
        break;
      case http::field::unknown:
        if (!has_key && same_ignoring_case(std::string_view(name_text.data(), name_text.size()), "X-Innernet-Server-Key")) {
          has_key = true;
          assign(request_.server_key, value);
        }
        break;
      default:
        break;
    }
  }

  // Bodies are not its business: it is given heads.
  void on_response_impl(int, beast::string_view, int, beast::error_code& failure) override { failure = {}; }
  void on_header_impl(beast::error_code& failure) override { failure = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code& failure) override { failure = {}; }
  std::size_t on_body_impl(beast::string_view body, beast::error_code& failure) override {
    failure = {};
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code& failure) override { failure = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, beast::error_code& failure) override {
    failure = {};
    return body.size();
  }
  void on_finish_impl(beast::error_code& failure) override { failure = {}; }

  Request& request_;
};

constexpr std::string_view status_line(unsigned status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 201:
      return "HTTP/1.1 201 Created\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 226:
      return "HTTP/1.1 226 IM Used\r\n";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 401:
      return "HTTP/1.1 401 Unauthorized\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 408:
      return "HTTP/1.1 408 Request Timeout\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 503:
      return "HTTP/1.1 503 Service Unavailable\r\n";
    default:
      return {};
  }
}

}  // namespace

std::expected<RequestHead, unsigned> parse_request_head(std::string_view head, Request& request) {
  if (head.size() > kMaxHeadBytes) return std::unexpected(431U);
  request.wait.reset();
  request.accepts_delta = false;
  request.body.clear();

  HeadParser parser(request);
  beast::error_code failure;
  parser.put(boost::asio::buffer(head.data(), head.size()), failure);
  if (failure == http::error::header_limit) return std::unexpected(431U);
  if (failure || !parser.is_header_done()) return std::unexpected(400U);
  if (!parser.has_key) request.server_key.reset();
  if (!parser.has_if_none_match) request.if_none_match.reset();

  RequestHead out{.keep_alive = parser.keep_alive()};
  const auto announced = parser.content_length();
  if (parser.has_transfer_encoding) {
    request.body_kind = Request::Body::kNoLength;
    out.keep_alive = false;  // where its body ends is not looked for
  } else if (!announced) {
    request.body_kind = Request::Body::kNoLength;
  } else if (*announced > kMaxBodyBytes) {
    request.body_kind = Request::Body::kTooLarge;
    out.keep_alive = false;
  } else {
    request.body_kind = Request::Body::kWhole;
    out.body_bytes = static_cast<std::size_t>(*announced);
    out.expects_continue = parser.expects_continue;
  }
  return out;
}

bool may_have_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

void append_response_head(std::string& out, const Response& response, bool keep_alive, std::string_view date) {
  auto to = std::back_inserter(out);
  if (const std::string_view line = status_line(response.status); !line.empty())
    out.append(line);
  else
    fmt::format_to(to, FMT_COMPILE("HTTP/1.1 {} {}\r\n"), response.status, response.status < 500 ? "Other" : "Internal Server Error");
  out.append("Date: ").append(date).append("\r\n");
  if (may_have_body(response.status)) {
    const std::size_t size = response.body ? response.body->size() : 0;
    if (size != 0) out.append("Content-Type: application/json\r\n");
    fmt::format_to(to, FMT_COMPILE("Content-Length: {}\r\n"), size);
  }
  if (!response.etag.empty()) out.append("ETag: ").append(response.etag).append("\r\n");
  if (response.is_delta) out.append("IM: innernet\r\n");
  if (response.retry_after) fmt::format_to(to, FMT_COMPILE("Retry-After: {}\r\n"), response.retry_after->count());
  if (!keep_alive) out.append("Connection: close\r\n");
  out.append("\r\n");
}

std::string http_date(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  // Not strftime: its names follow the locale.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace innernet::server
