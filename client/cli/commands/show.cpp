#include <fmt/format.h>

#include <algorithm>

#include "../presence.hpp"
#include "../render.hpp"
#include "commands.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/client/saved_relays.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

struct Options {
  std::optional<InterfaceName> interface;  ///< none: all
  bool is_short = false;
  bool tree = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "A peer is connected when its last handshake is at most three minutes old. -v shows whole keys. Colours are used on a terminal "
      "only.");
  definition.optional_argument("INTERFACE", "The network; without, all that are up", into(options.interface, parse_interface));
  definition.flag('s', "short", options.is_short, "One line a peer");
  definition.flag('t', "tree", options.tree, "Peers under their CIDRs");
  definition.conflict("short", "json");
  definition.conflict("tree", "json");
}

/// What is known beside the device. What can't be read is told and counts as nothing: the device's part is shown all the same.
struct Knowledge {
  State state;
  std::optional<IpAddress> own_address;
  std::map<IpAddress, Endpoint> overrides;
  std::vector<Relay> relays;
  bool is_whole = true;
};

Knowledge gather(const Folders& folders, const InterfaceName& name) {
  Knowledge out;
  const auto tell = [&](const Error& error) {
    log::error("{}: {}", name.str(), error.message());
    out.is_whole = false;
  };
  const std::filesystem::path path = folders.data_store(name);
  const auto is_there = is_present(path);
  auto store = DataStore::load(path);
  if (!store)
    tell(store.error());
  else if (*store)
    out.state = (*store)->state();
  else if (is_there && *is_there)
    tell(Error(
        ErrorKind::kInvalidInput,
        fmt::format("{} can't be understood, so the names of its peers are not known; the next fetch writes it anew", path.native())));

  out.relays = SavedRelays(folders, name).read();

  const auto has_config = is_present(folders.config_file(name));
  if (has_config && !*has_config) return out;
  if (const auto config = read_config(folders, name); !config) {
    tell(config.error());
  } else {
    out.own_address = config->address.address();
    out.overrides = config->peer_endpoint_overrides;
  }
  return out;
}

Appearance appearance(const Options& options, const Context& context) {
  const Layout layout = options.tree ? Layout::kTree : options.is_short ? Layout::kShort : Layout::kLong;
  return {layout, context.general.verbosity > 0, Palette(context.colour)};
}

/// With --json a network becomes one of `documents`, else it is printed.
Result<Ending> show(const InterfaceName& name, wg::Backend& backend, const Options& options, Context& context,
                    std::vector<JsonObject>& documents) {
  TRY(const wg::Device device, backend.get(name));
  const Knowledge known = gather(context.folders(), name);
  const NetworkView view{device, known.state, known.own_address, known.overrides, context.clock.wall(), known.relays};
  if (context.general.json)
    documents.push_back(describe_network(view));
  else
    context.out.write(render_network(view, appearance(options, context)));
  return known.is_whole ? Ending::kDone : Ending::kFailed;
}

Result<Ending> show_one(const InterfaceName& name, const Options& options, Context& context) {
  TRY(const bool ours, is_ours(context.folders(), name));
  if (!ours) return not_installed(context.folders(), name);
  std::vector<JsonObject> documents;
  const auto shown = show(name, *context.backend(name), options, context, documents);
  if (!shown && shown.error().kind() == ErrorKind::kNotFound)
    return fail(ErrorKind::kNotFound, fmt::format("{} is installed, but down: `innernet up {}` brings it up", name.str(), name.str()));
  if (shown) context.report(JsonObject().list("networks", documents));
  return shown;
}

Result<Ending> run(const Options& options, Context& context) {
  if (options.interface) return show_one(*options.interface, options, context);
  TRY(auto interfaces, context.interfaces());
  std::ranges::sort(interfaces, {}, &wg::FoundInterface::name);
  Ending ending = Ending::kDone;
  std::vector<JsonObject> documents;
  bool found_any = false;
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
    const auto shown = show(interface.name, *context.backend(interface.name), options, context, documents);
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
