#include "innernet/config/database_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "innernet/base/printable.hpp"

// The grammar is that of conninfo_uri_parse_options in PostgreSQL's fe-connect.c. No message shows a piece of the text: whoever mistakes
// a password's "/" or "@" has a part of it where a host or a port is expected.
namespace innernet {
namespace {

constexpr std::size_t kLongestUrl = 2048;
constexpr std::array<std::string_view, 2> kSchemes{"postgresql://", "postgres://"};
constexpr std::array<std::string_view, 2> kPasswords{"password", "sslpassword"};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::unexpected<Error> refuse(std::string_view why) { return invalid_input(fmt::format("the database's URL {}", why)); }

std::unexpected<Error> refuse_password() {
  return refuse(
      "has a password in it, which would stand in configs and lists of processes: put it into ~/.pgpass (or the file that PGPASSFILE or "
      "passfile= names), or use a certificate (sslcert=)");
}

/// With %XX replaced. Control characters are none that a name has.
Result<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto digits = text.substr(i + 1, 2);
      std::uint8_t byte = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
      if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return refuse("has a % without two hexadecimal digits");
      c = static_cast<char>(byte);
      i += 2;
    }
    if (is_control(c)) return refuse("has a control character in it");
    out += c;
  }
  return out;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return text.empty() || (error == std::errc() && end == text.data() + text.size() && port != 0);
}

/// Takes what comes before one of `ends` off the front of `rest`.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const auto length = std::min(rest.find_first_of(ends), rest.size());
  const auto piece = rest.substr(0, length);
  rest.remove_prefix(length);
  return piece;
}

bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

/// Takes host:port,host:port off the front.
Result<void> take_hosts(std::string_view& rest) {
  do {
    if (take(rest, '[')) {
      if (take_until(rest, "]").empty() || !take(rest, ']')) return refuse("has a [ without an address and a ] behind it");
      if (!rest.empty() && !std::string_view(":/?,").contains(rest.front())) return refuse("has something between ] and the port");
    } else {
      TRY_VOID(decode(take_until(rest, ":/?,")));
    }
    if (take(rest, ':') && !is_port(take_until(rest, "/?,"))) return refuse("has a port that is no number from 1 to 65535");
  } while (take(rest, ','));
  return {};
}

/// What follows the "?" and concerns us.
struct Parameters {
  std::string host;
  std::string port;
  std::string dbname;
};

Result<Parameters> parse_parameters(std::string_view rest) {
  Parameters parameters;
  while (!rest.empty()) {
    auto value = take_until(rest, "&");
    take(rest, '&');
    const auto raw_name = take_until(value, "=");
    if (!take(value, '=') || value.contains('=')) return refuse("has a parameter that is no NAME=VALUE");
    TRY(const auto name, decode(raw_name));
    TRY(const auto decoded, decode(value));
    if (std::ranges::find(kPasswords, name) != kPasswords.end()) return refuse_password();
    if (name == "host") parameters.host = decoded;
    if (name == "port") parameters.port = decoded;
    if (name == "dbname") parameters.dbname = decoded;
  }
  return parameters;
}

/// The folder of a UNIX socket as it is written in a host's place.
std::string with_slashes_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '/' ? std::string("%2F") : std::string(1, c);
  return out;
}

}  // namespace

Result<DatabaseUrl> DatabaseUrl::parse(std::string_view text) {
  if (text.size() > kLongestUrl) return refuse(fmt::format("is longer than {} bytes", kLongestUrl));
  if (std::ranges::any_of(text, is_control)) return refuse("has a control character in it");
  std::string_view rest = text;
  const auto* const scheme = std::ranges::find_if(kSchemes, [&](std::string_view start) { return text.starts_with(start); });
  if (scheme == kSchemes.end()) return refuse("does not begin with postgresql://");
  rest.remove_prefix(scheme->size());

  // libpq does not mind a "?" here either.
  if (const auto at = rest.find_first_of("@/"); at != std::string_view::npos && rest[at] == '@') {
    auto user = take_until(rest, "@");
    take(rest, '@');
    TRY_VOID(decode(take_until(user, ":")));
    if (user.size() > 1) return refuse_password();
  }
  const auto from_hosts = rest;
  TRY_VOID(take_hosts(rest));
  std::string hosts(from_hosts.substr(0, from_hosts.size() - rest.size()));
  std::string dbname;
  if (take(rest, '/')) {
    TRY(dbname, decode(take_until(rest, "?")));
  }
  take(rest, '?');
  TRY(auto parameters, parse_parameters(rest));

  if (!parameters.dbname.empty()) dbname = std::move(parameters.dbname);
  if (dbname.empty()) return refuse("names no database: postgresql://HOST/DATABASE");
  if (!parameters.host.empty()) {
    hosts = with_slashes_encoded(parameters.host);
    if (!parameters.port.empty()) hosts += ":" + parameters.port;
  }
  return DatabaseUrl(text, printable(fmt::format("{}{}/{}", *scheme, hosts, dbname)));
}

}  // namespace innernet
