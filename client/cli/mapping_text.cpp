#include "mapping_text.hpp"

#include <fmt/format.h>

#include "phrase.hpp"

namespace innernet::client {
namespace {

std::string router_of(const MappingStanding& standing) {
  return standing.router ? fmt::format("the router at {}", standing.router->to_string()) : "the router";
}

std::string standing_as_json(const std::optional<MappingStanding>& standing) {
  if (!standing) return "null";
  const bool is_mapped = standing->state == MappingState::kMapped;
  std::optional<std::string> outside;
  if (standing->outside) outside = is_mapped ? standing->outside->to_string() : standing->outside->ip.to_string();
  std::optional<std::int64_t> until;
  if (is_mapped) until = std::chrono::floor<std::chrono::seconds>(standing->until.time_since_epoch()).count();
  return JsonObject()
      .text("state", name_of(standing->state))
      .text("router", standing->router ? std::optional(standing->router->to_string()) : std::nullopt)
      .text("protocol", standing->protocol ? std::optional(std::string(name_of(*standing->protocol))) : std::nullopt)
      .text("outside", outside)
      .number("until", until)
      .text("because", standing->why.empty() ? std::nullopt : std::optional(standing->why))
      .str();
}

}  // namespace

std::string describe_in_words(const MappingStanding& standing, WallTime now) {
  const std::string router = router_of(standing);
  const std::string_view protocol = standing.protocol ? name_of(*standing.protocol) : "";
  switch (standing.state) {
    case MappingState::kMapped:
      return fmt::format("{}, by {} on {}, for another {}", standing.outside ? standing.outside->to_string() : "", protocol, router,
                         duration(standing.until - now));
    case MappingState::kDoubleNat:
      return fmt::format("none: {} is itself behind another one, for its address outside, {}, is private", router,
                         standing.outside ? standing.outside->ip.to_string() : "");
    case MappingState::kRefused:
      return fmt::format("none by {}: {}", protocol, standing.why);
    case MappingState::kNoAnswer:
      return fmt::format("none: {} answers {}", router,
                         standing.router && standing.router->is_v6() ? "no PCP" : "neither PCP nor NAT-PMP nor UPnP");
    case MappingState::kNoRouter:
      return "none: there is no router towards the internet";
    case MappingState::kNotNeeded:
      return "not needed: this machine has a public address itself";
    case MappingState::kOff:
      return fmt::format("off: {}", standing.why);
  }
  return "";
}

std::string mapping_headline(const MappingReport& report) {
  if (!report.v4) return "";
  const auto not_mapped = [](std::string_view why) { return fmt::format("port not mapped ({})", why); };
  switch (report.v4->state) {
    case MappingState::kMapped:
      return fmt::format("port open at {}", report.v4->outside ? report.v4->outside->to_string() : "");
    case MappingState::kDoubleNat:
      return not_mapped("double NAT");
    case MappingState::kRefused:
      return not_mapped("router refuses");
    case MappingState::kNoAnswer:
      return not_mapped("router does not answer");
    case MappingState::kNoRouter:
      return not_mapped("no router");
    case MappingState::kOff:
      return not_mapped("off");
    case MappingState::kNotNeeded:
      break;
  }
  return "";
}

std::string mapping_as_json(const MappingReport& report) {
  if (report.says_nothing()) return "null";
  return JsonObject().json("ipv4", standing_as_json(report.v4)).json("ipv6", standing_as_json(report.v6)).str();
}

}  // namespace innernet::client
