#include "innernet/client/fetch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../fetching.hpp"
#include "../knowledge.hpp"
#include "../reached.hpp"
#include "commands.hpp"
#include "innernet/client/fetch_wait.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  bool wait = false;
  std::chrono::seconds patience{30};
  HostsOptions hosts;
  NatOptions nat;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "The peers on the interface, their names in the hosts file and what is remembered of them are brought in line with the server. The "
      "interface has to be up.");
  definition.explain(
      "With --wait it ends as soon as each enabled peer of which somebody knows where it is has a session, directly or by a relay, and "
      "says "
      "how each is reached. It ends with exit status 4 when not all of them were within the time. While a daemon looks for ways it waits "
      "for that one.");
  define_interface(definition, options);
  definition.flag('w', "wait", options.wait, "Wait until the peers are reached");
  definition.option(0, "timeout", "SECONDS",
                    into(options.patience,
                         [](std::string_view text) -> Result<std::chrono::seconds> {
                           TRY(const std::uint64_t seconds, parse_number(text, 1, 3'600));
                           return std::chrono::seconds(seconds);
                         }),
                    "With --wait: for how long, 1 to 3600 (30)");
  definition.needs("timeout", "wait");
  define_hosts(definition, options.hosts);
  define_nat(definition, options.nat);
}

Result<Ending> wait(const Options& options, const ClientOptions& client, Context& context) {
  const InterfaceName& name = options.interface();
  TRY(const auto unreached, fetch_and_wait(client, name, context.stop, options.patience));
  TRY(const wg::Device device, context.backend(name)->get(name));
  const Knowledge known = Knowledge::gather(context.folders(), name);
  const NetworkView view = known.view_of(device, context.clock.wall());
  context.print(render_reached(view, unreached));
  context.report(JsonObject().list("networks", std::vector{describe_reached(view, unreached)}));
  return unreached.empty() ? Ending::kDone : Ending::kIncomplete;
}

Result<Ending> run(const Options& options, Context& context) {
  keep_freed_memory();
  const ClientOptions client = context.client_options(options.hosts, options.nat);
  if (options.wait) return wait(options, client, context);
  TRY_VOID(fetch(client, options.interface(), context.stop));
  context.report(networks_as_json({options.interface()}));
  return Ending::kDone;
}

}  // namespace

Row fetch_command() {
  return row({.name = "fetch", .sentence = "Fetch the peers of a network that is up.", .example = "fetch evilcorp"}, define, run);
}

}  // namespace innernet::client
