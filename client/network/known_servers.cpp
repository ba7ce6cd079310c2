#include "known_servers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace innernet::client {
namespace {

constexpr std::string_view kKey = "server ", kTerm = "term ", kEndpoint = "endpoint ";

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

}  // namespace

std::string KnownServers::to_text(const wg::PublicKey& server_key) const {
  std::string text = fmt::format("{}{}\n", kKey, server_key.to_base64());
  if (term) text += fmt::format("{}{}\n", kTerm, *term);
  for (const Endpoint& server : servers) text += fmt::format("{}{}\n", kEndpoint, server.to_string());
  return text;
}

KnownServers KnownServers::parse(std::string_view text, const wg::PublicKey& server_key) {
  KnownServers known;
  if (!text.ends_with('\n') || take_line(text) != fmt::format("{}{}", kKey, server_key.to_base64())) return {};
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.starts_with(kTerm)) {
      known.term = number_of(line.substr(kTerm.size()));
      if (!known.term) return {};
    } else if (line.starts_with(kEndpoint)) {
      const auto endpoint = Endpoint::parse(line.substr(kEndpoint.size()));
      if (endpoint && known.servers.size() < kMostServers) known.servers.push_back(*endpoint);
    }
  }
  return known;
}

std::vector<Endpoint> usable_servers(const std::vector<Endpoint>& servers, const IpNet& network, const Warn& warn) {
  std::vector<Endpoint> usable;
  for (const Endpoint& server : servers) {
    if (can_be_outside(server, network))
      usable.push_back(server);
    else
      warn(
          fmt::format("the server names {} as the endpoint of a server of the network, which can't be: it is skipped", server.to_string()));
  }
  return usable;
}

TermVerdict judge_term(std::optional<std::uint64_t> said, std::optional<std::uint64_t> seen, std::chrono::nanoseconds silence) {
  if (!seen) return TermVerdict::kUsed;
  if (said) return *said < *seen ? TermVerdict::kOlder : TermVerdict::kUsed;
  return silence < kTermIsForgottenAfter ? TermVerdict::kMissing : TermVerdict::kUsed;
}

std::string why_not_used(std::optional<std::uint64_t> said, std::uint64_t seen, std::chrono::nanoseconds silence) {
  if (said)
    return fmt::format("the server that answered was replaced by another one (its term is {}, {} was seen): what it says is not used",
                       *said, seen);
  const auto left = std::chrono::ceil<std::chrono::minutes>(kTermIsForgottenAfter - silence);
  return fmt::format(
      "the server that answered was replaced by another one (it has no term, {} was seen): what it says is not used; it will be in {} "
      "min if no server with a term answers until then",
      seen, left.count());
}

}  // namespace innernet::client
