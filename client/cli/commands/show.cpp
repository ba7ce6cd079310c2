#include <fmt/format.h>

#include <algorithm>

#include "../knowledge.hpp"
#include "../live.hpp"
#include "../presence.hpp"
#include "../render.hpp"
#include "commands.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

// For answers to pings, of all networks together.
constexpr std::chrono::milliseconds kPatience{300};

struct Options {
  std::optional<InterfaceName> interface;  ///< none: all
  bool is_short = false;
  bool tree = false;
  bool live = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "A peer is connected when its last handshake is at most three minutes old. Those who are get a ping, and what has answered within "
      "0.3 s has a round trip. -v shows whole keys. Colours are used on a terminal only.");
  definition.optional_argument("INTERFACE", "The network; without, all that are up", into(options.interface, parse_interface));
  definition.flag('s', "short", options.is_short, "One line a peer");
  definition.flag('t', "tree", options.tree, "Peers under their CIDRs");
  definition.flag(0, "live", options.live, "A table that is drawn anew every second; q ends it");
  definition.conflict("live", "short");
  definition.conflict("live", "tree");
  definition.conflict("live", "json");
  definition.conflict("short", "json");
  definition.conflict("tree", "json");
}

Appearance appearance(const Options& options, const Context& context) {
  const Layout layout = options.tree ? Layout::kTree : options.is_short ? Layout::kShort : Layout::kLong;
  return {layout, context.general.verbosity > 0, Palette(context.colour)};
}

/// With --json a network becomes one of `documents`, else it is printed.
Result<Ending> show(const InterfaceName& name, wg::Backend& backend, const Options& options, std::chrono::milliseconds patience,
                    Context& context, std::vector<JsonObject>& documents) {
  TRY(const wg::Device device, backend.get(name));
  const Knowledge known = Knowledge::gather(context.folders(), name);
  const bool is_whole = known.tell_problems(name);
  NetworkView view = known.view_of(device, context.clock.wall());
  // Neither short form shows them.
  const bool wants_pings = context.ping && !options.is_short && !options.tree;
  const RoundTrips round_trips = wants_pings ? context.ping(name, addresses_to_ping(peer_rows(view)), patience) : RoundTrips();
  view.round_trips = &round_trips;
  if (context.general.json)
    documents.push_back(describe_network(view));
  else
    context.out.write(render_network(view, appearance(options, context)));
  return is_whole ? Ending::kDone : Ending::kFailed;
}

Result<Ending> show_one(const InterfaceName& name, const Options& options, Context& context) {
  TRY(const bool ours, is_ours(context.folders(), name));
  if (!ours) return not_installed(context.folders(), name);
  std::vector<JsonObject> documents;
  const auto shown = show(name, *context.backend(name), options, kPatience, context, documents);
  if (!shown && shown.error().kind() == ErrorKind::kNotFound)
    return fail(ErrorKind::kNotFound, fmt::format("{} is installed, but down: `innernet up {}` brings it up", name.str(), name.str()));
  if (shown) context.report(JsonObject().list("networks", documents));
  return shown;
}

Result<Ending> run(const Options& options, Context& context) {
  if (options.live) return show_live(options.interface, context);
  if (options.interface) return show_one(*options.interface, options, context);
  TRY(auto interfaces, context.interfaces());
  std::ranges::sort(interfaces, {}, &wg::FoundInterface::name);
  Ending ending = Ending::kDone;
  std::vector<JsonObject> documents;
  bool found_any = false;
  const auto patience = kPatience / std::max<std::ptrdiff_t>(1, std::ssize(interfaces));
  const auto failed = [&](const InterfaceName& name, const Error& error) {
    log::error("{}: {}", name.str(), error.message());
    ending = Ending::kFailed;
  };
  for (const wg::FoundInterface& interface : interfaces) {
    const auto ours = is_ours(context.folders(), interface.name);
    if (ours && !*ours) continue;
    found_any = true;
    if (!ours) {
      failed(interface.name, ours.error());
      continue;
    }
    const auto shown = show(interface.name, *context.backend(interface.name), options, patience, context, documents);
    // Gone between the list and the question: somebody took it down, which is no failure of ours.
    if (!shown && shown.error().kind() == ErrorKind::kNotFound) continue;
    if (!shown)
      failed(interface.name, shown.error());
    else if (*shown == Ending::kFailed)
      ending = Ending::kFailed;
  }
  if (!found_any) log::info("no innernet network is up; `innernet up` brings up what is installed, `innernet install` joins one");
  context.report(JsonObject().list("networks", documents));
  return ending;
}

}  // namespace

Row show_command() {
  return row({.name = "show",
              .aliases = {"list"},
              .sentence = "Show the networks that are up, and their peers.",
              .example = "show evilcorp --tree"},
             define, run);
}

}  // namespace innernet::client
