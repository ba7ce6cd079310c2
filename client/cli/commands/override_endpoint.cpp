#include <fmt/format.h>

#include "../admin.hpp"
#include "commands.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<Endpoint> endpoint;  ///< its port is not 0
  bool unset = false;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "For machines behind a router that forwards a port to them: the server then gives this endpoint to everybody instead of the one that "
      "it sees. 0.0.0.0 as host keeps the address that is seen and replaces the port alone. A listen port has to be set.");
  define_interface(definition, options);
  definition.option('e', "endpoint", "HOST:PORT", into(options.endpoint, parse_endpoint_with_port), "Where other peers reach this machine");
  definition.flag('u', "unset", options.unset, "Let the server find it out");
  define_yes(definition, options.yes);
  definition.conflict("endpoint", "unset");
}

Result<bool> can_fill_in(Admin& admin) {
  TRY(const Capabilities can, admin.explained("asking what the server can do", admin.server().capabilities()));
  return can.unspecified_ip_in_override_endpoint;
}

Result<void> check(const Endpoint& endpoint, bool server_can_fill_in) {
  if (!endpoint.is_unspecified() || server_can_fill_in) return {};
  return invalid_input(fmt::format("this server can't fill in the address of {}: give the address itself", endpoint.to_string()));
}

/// None: unset.
Result<std::optional<Endpoint>> wanted_endpoint(const Options& options, Admin& admin, Context& context) {
  if (options.unset) return std::nullopt;
  if (options.endpoint && !options.endpoint->is_unspecified()) return options.endpoint;
  TRY(const bool can, can_fill_in(admin));
  if (options.endpoint) {
    TRY_VOID(check(*options.endpoint, can));
    return options.endpoint;
  }
  const std::string option = "--endpoint or --unset";
  const std::uint16_t port = admin.config().listen_port.value_or(0);
  if (can && context.asker.can_ask()) {
    TRY(Endpoint unspecified, Endpoint::parse(fmt::format("0.0.0.0:{}", port)));
    TRY(const bool agreed,
        context.asker.yes_or_no({.text = fmt::format("Let the server fill in the address that it sees, with port {}?", port),
                                 .option = option,
                                 .by_default = false}));
    if (agreed) return unspecified;
  }
  TRY(Endpoint endpoint, wizard::ask_external_endpoint(context.asker, option, port, context.detect_public_ip,
                                                       [can](const Endpoint& answer) { return check(answer, can); }));
  return endpoint;
}

Result<Ending> run(const Options& options, Context& context) {
  const std::string& name = options.interface().str();
  TRY(Admin admin, Admin::open(context, options.interface()));
  if (!options.unset) {
    if (admin.config().listen_port.value_or(0) == 0) {
      return invalid_input(
          fmt::format("{} listens on a random port, so its endpoint can't be foretold: choose one with `innernet set-listen-port {}` first",
                      name, name));
    }
  }
  TRY(const auto endpoint, wanted_endpoint(options, admin, context));
  TRY(const bool agreed, confirmed(context, options.yes,
                                   endpoint ? fmt::format("Tell the other peers of {} that this machine is at {}?", name,
                                                          endpoint->is_unspecified()
                                                              ? fmt::format("the address that the server sees, port {}", endpoint->port())
                                                              : endpoint->to_string())
                                            : fmt::format("Let the server of {} find out where this machine is?", name)));
  if (!agreed) return Ending::kDone;
  TRY_VOID(admin.explained("setting the endpoint", admin.server().put_endpoint(endpoint)));
  context.print(endpoint ? fmt::format("The endpoint of this machine in {} is now {}.", name, endpoint->to_string())
                         : fmt::format("The endpoint of this machine in {} is no longer overridden.", name));
  context.report(changed().text("network", name).text("endpoint", endpoint ? std::optional(endpoint->to_string()) : std::nullopt));
  return Ending::kDone;
}

}  // namespace

Row override_endpoint_command() {
  return row({.name = "override-endpoint",
              .sentence = "Say where other peers reach this machine.",
              .example = "override-endpoint evilcorp --endpoint 203.0.113.7:51820 --yes"},
             define, run);
}

}  // namespace innernet::client
