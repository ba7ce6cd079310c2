#include <fmt/format.h>

#include "../admin.hpp"
#include "../ask.hpp"
#include "commands.hpp"

namespace innernet::client {
namespace {

Result<void> check(const Endpoint& endpoint, Admin& admin) {
  if (!endpoint.is_unspecified()) return {};
  TRY(const Capabilities can, admin.explained("asking what the server can do", admin.server().capabilities()));
  if (can.unspecified_ip_in_override_endpoint) return {};
  return invalid_input(fmt::format("this server can't fill in the address of {}: give the address itself", endpoint.to_string()));
}

}  // namespace

Result<Ending> run(const OverrideEndpointOptions& options, Context& context) {
  const std::string& name = options.interface().str();
  TRY(Admin admin, Admin::open(context, options.interface()));
  if (!options.unset) {
    if (admin.config().listen_port.value_or(0) == 0) {
      return invalid_input(
          fmt::format("{} listens on a random port, so its endpoint can't be foretold: choose one with `innernet set-listen-port {}` first",
                      name, name));
    }
    if (!options.endpoint) return not_given("External endpoint", "--endpoint or --unset");
    TRY_VOID(check(*options.endpoint, admin));
  }
  const std::optional<Endpoint> endpoint = options.unset ? std::nullopt : options.endpoint;
  TRY(const bool agreed,
      goes_ahead(context, options.yes,
                 endpoint ? fmt::format("Tell the other peers of {} that this machine is at {}?", name, endpoint->to_string())
                          : fmt::format("Let the server of {} find out where this machine is?", name)));
  if (!agreed) return Ending::kDone;
  TRY_VOID(admin.explained("setting the endpoint", admin.server().put_endpoint(endpoint)));
  context.report(endpoint ? fmt::format("The endpoint of this machine in {} is now {}.\n", name, endpoint->to_string())
                          : fmt::format("The endpoint of this machine in {} is no longer overridden.\n", name),
                 changed().text("network", name).text("endpoint", endpoint ? std::optional(endpoint->to_string()) : std::nullopt));
  return Ending::kDone;
}

}  // namespace innernet::client
