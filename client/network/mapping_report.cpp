#include "innernet/client/mapping_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "innernet/base/error.hpp"

namespace innernet::client {
namespace {

// Of the file. Another version's is as good as none.
constexpr std::string_view kHead = "innernet mapping 1";
constexpr std::array<std::string_view, 7> kStates{"mapped", "double_nat", "refused", "no_answer", "no_router", "not_needed", "off"};
constexpr std::array<std::string_view, 3> kProtocols{"PCP", "NAT-PMP", "UPnP"};
constexpr std::string_view kNothing = "-";
constexpr std::size_t kMostWords = 200;
// No router is asked for more (MappingTimes::lifetime). Beyond it a clock was set, or somebody has made it up.
constexpr std::chrono::hours kLongestLease{2};

std::string_view take_word(std::string_view& text) {
  const std::size_t at = std::min(text.find(' '), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<WallTime> parse_time(std::string_view text) {
  // What fits in nanoseconds.
  constexpr std::int64_t kMost = 9'000'000'000;
  const auto seconds = number_of<std::int64_t>(text);
  if (!seconds || *seconds < 0 || *seconds > kMost) return std::nullopt;
  return WallTime(std::chrono::seconds(*seconds));
}

// Whether what the state needs is there, and of the family.
bool is_sound(const MappingStanding& standing, bool v6) {
  if (standing.router && standing.router->is_v6() != v6) return false;
  if (standing.outside && standing.outside->ip.is_v6() != v6) return false;
  switch (standing.state) {
    case MappingState::kMapped:
      return standing.router && standing.protocol && standing.outside && standing.outside->port != 0;
    case MappingState::kDoubleNat:
      return standing.router && standing.outside;
    case MappingState::kRefused:
      return standing.router && standing.protocol && !standing.why.empty();
    case MappingState::kNoAnswer:
      return standing.router.has_value();
    case MappingState::kOff:
      return !standing.why.empty();
    case MappingState::kNoRouter:
    case MappingState::kNotNeeded:
      return true;
  }
  return false;
}

std::optional<MappingStanding> parse_standing(std::string_view line, bool v6) {
  MappingStanding out;
  const auto state = std::ranges::find(kStates, take_word(line));
  if (state == kStates.end()) return std::nullopt;
  out.state = static_cast<MappingState>(state - kStates.begin());
  if (const auto router = take_word(line); router != kNothing) {
    const auto address = IpAddress::parse(router);
    if (!address) return std::nullopt;
    out.router = *address;
  }
  if (const auto word = take_word(line); word != kNothing) {
    const auto protocol = std::ranges::find(kProtocols, word);
    if (protocol == kProtocols.end()) return std::nullopt;
    out.protocol = static_cast<MappingProtocol>(protocol - kProtocols.begin());
  }
  if (const auto word = take_word(line); word != kNothing) {
    const auto outside = SocketAddress::parse(word);
    if (!outside) return std::nullopt;
    out.outside = *outside;
  }
  const auto until = parse_time(take_word(line));
  if (!until) return std::nullopt;
  out.until = *until;
  // People read it in a terminal.
  if (line.size() > kMostWords || std::ranges::any_of(line, [](char c) { return c < ' ' || c > '~'; })) return std::nullopt;
  out.why = line;
  return is_sound(out, v6) ? std::optional(std::move(out)) : std::nullopt;
}

std::int64_t seconds_of(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count(); }

}  // namespace

std::string_view name_of(MappingProtocol protocol) { return kProtocols.at(static_cast<std::size_t>(protocol)); }

std::string_view name_of(MappingState state) { return kStates.at(static_cast<std::size_t>(state)); }

MappingReport MappingReport::parse(std::string_view text) {
  MappingReport report;
  const auto take_line = [&text] {
    const std::size_t at = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return line;
  };
  if (take_line() != kHead) return report;
  while (!text.empty()) {
    std::string_view line = take_line();
    const std::string_view what = take_word(line);
    if (what == "port")
      report.port = number_of<std::uint16_t>(line).value_or(0);
    else if (what == "IPv4")
      report.v4 = parse_standing(line, false);
    else if (what == "IPv6")
      report.v6 = parse_standing(line, true);
  }
  return report;
}

std::string MappingReport::to_text() const {
  std::string text = fmt::format("{}\nport {}\n", kHead, port);
  const auto add = [&](std::string_view family, const std::optional<MappingStanding>& standing) {
    if (!standing) return;
    const auto or_nothing = [](const auto& value) { return value ? value->to_string() : std::string(kNothing); };
    fmt::format_to(std::back_inserter(text), "{} {} {} {} {} {} {}\n", family, name_of(standing->state), or_nothing(standing->router),
                   standing->protocol ? name_of(*standing->protocol) : kNothing, or_nothing(standing->outside), seconds_of(standing->until),
                   standing->why);
  };
  add("IPv4", v4);
  add("IPv6", v6);
  return text;
}

MappingReport MappingReport::as_of(WallTime now, std::uint16_t listen_port, bool has_daemon) const {
  MappingReport out;
  if (port != listen_port) return out;
  out.port = port;
  const auto still = [&](const std::optional<MappingStanding>& standing) -> std::optional<MappingStanding> {
    if (!standing) return std::nullopt;
    // A daemon that was killed leaves its mapping to the router.
    const bool is_so =
        standing->state == MappingState::kMapped ? standing->until > now && standing->until - now <= kLongestLease : has_daemon;
    return is_so ? standing : std::nullopt;
  };
  out.v4 = still(v4);
  out.v6 = still(v6);
  return out;
}

void MappingReport::keep_ends(const MappingReport& before) {
  constexpr std::chrono::milliseconds kTheSame{500};
  const auto keep = [&](std::optional<MappingStanding>& standing, const std::optional<MappingStanding>& then) {
    if (standing && then && std::chrono::abs(standing->until - then->until) < kTheSame) standing->until = then->until;
  };
  keep(v4, before.v4);
  keep(v6, before.v6);
}

bool MappingReport::differs_by_renewal_only(const MappingReport& other) const {
  const auto without_time = [](MappingReport report) {
    for (auto* standing : {&report.v4, &report.v6})
      if (*standing) (*standing)->until = {};
    return report;
  };
  return without_time(*this) == without_time(other);
}

}  // namespace innernet::client
