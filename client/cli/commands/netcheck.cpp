#include <utility>

#include "../netcheck_text.hpp"
#include "commands.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/netcheck.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/client/saved_mapping.hpp"
#include "innernet/client/saved_relays.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {};

void define(Definition& definition, Options& options) {
  definition.explain(
      "Tells what this machine's network is like, and what that means for connecting: addresses, whether UDP gets through, what kind of "
      "NAT there is, whether the router opens ports, how large packets may be, how far away server and relays are. It needs five seconds "
      "at "
      "most, the interface need not be up, and nothing is changed. It fails when nobody answers.");
  define_interface(definition, options);
}

Result<CheckedNetwork> known_network(const InterfaceName& name, const Context& context) {
  const Folders& folders = context.folders();
  TRY(auto config, read_config(folders, name));
  TRY(auto store, DataStore::load(folders.data_store(name)));
  CheckedNetwork out{.interface = name, .config = std::move(config), .state = store ? store->take_state() : State{}};
  out.state.relays = SavedRelays(folders, name).read();
  // A port of an interface that is down leads nowhere.
  if (const auto device = context.backend(name)->get(name))
    out.mapping = SavedMapping(folders, name).read().as_of(context.clock.wall(), device->listen_port, daemon_of(folders, name).has_value());
  return out;
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& name = options.interface();
  TRY(const auto network, known_network(name, context));
  const auto tunnel = context.server_on_loopback ? std::nullopt : std::optional(name);
  TRY(const auto check,
      measure(network, {.resolve = context.resolve, .ask_router = context.ask_router, .tunnel = tunnel, .stop = &context.stop}));
  const Judgement judgement = judge(check);
  context.print(render_netcheck(name, check, judgement));
  context.report(describe_netcheck(name, check, judgement));
  return judgement.anybody_answers ? Ending::kDone : Ending::kFailed;
}

}  // namespace

Row netcheck_command() {
  return row({.name = "netcheck", .sentence = "Tell what this machine's network is like.", .example = "netcheck evilcorp"}, define, run);
}

}  // namespace innernet::client
