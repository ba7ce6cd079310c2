#include <fmt/format.h>

#include "../servers.hpp"
#include "commands.hpp"
#include "innernet/json/json_object.hpp"
#include "innernet/server/servers.hpp"
#include "innernet/values/timestring.hpp"

namespace innernet::server {
namespace {

using Options = OfNetwork;

void define(Definition& definition, Options& options) { define_interface(definition, options); }

std::string in_words(std::chrono::seconds span) {
  const auto count = [](auto number, std::string_view unit) { return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s"); };
  if (span < std::chrono::minutes(1)) return count(span.count(), "second");
  if (span < std::chrono::hours(1)) return count(std::chrono::floor<std::chrono::minutes>(span).count(), "minute");
  if (span < std::chrono::days(2)) return count(std::chrono::floor<std::chrono::hours>(span).count(), "hour");
  return count(std::chrono::floor<std::chrono::days>(span).count(), "day");
}

const char* state_of(const ServerOfNetwork& server) {
  if (server.is_active) return "active";
  return server.stands_by() ? "standing by" : "away";
}

std::string what_it_does(const ServerOfNetwork& server) {
  if (server.is_active) return server.active_for ? "active for " + in_words(*server.active_for) : "active";
  if (!server.seen_ago) return "away, and has never been there";
  if (server.stands_by()) return "standing by";
  return fmt::format("away for {}", in_words(*server.seen_ago));
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(const auto config, config_with_servers(context, options.interface()));
  TRY(const auto servers, list_servers(*config.database_url));
  std::vector<JsonObject> objects;
  for (const ServerOfNetwork& server : servers) {
    context.print(fmt::format("{:20} {:30} {}", server.name, server.endpoint.to_string(), what_it_does(server)));
    const auto seconds = [](const auto& span) { return span ? std::optional(span->count()) : std::nullopt; };
    objects.push_back(std::move(JsonObject()
                                    .text("name", server.name)
                                    .text("endpoint", server.endpoint.to_string())
                                    .text("state", state_of(server))
                                    .number("active_for", seconds(server.active_for))
                                    .number("seen_ago", seconds(server.seen_ago))));
  }
  context.report(JsonObject().list("servers", objects));
  return Ending::kDone;
}

}  // namespace

Row list_servers_command() {
  return row({.name = "list-servers",
              .sentence = "List the servers of a network: which is active, and which stand by.",
              .example = "list-servers evilcorp"},
             define, run);
}

}  // namespace innernet::server
