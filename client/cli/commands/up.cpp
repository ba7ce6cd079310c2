#include "innernet/client/fetch.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include "commands.hpp"
#include "innernet/client/daemon.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

/// People read in the log what was done.
JsonObject is_up(const std::vector<InterfaceName>& names) {
  std::vector<JsonObject> networks;
  networks.reserve(names.size());
  for (const InterfaceName& name : names) networks.push_back(std::move(JsonObject().text("name", name.str())));
  return std::move(JsonObject().list("networks", networks));
}

/// For a process that ends with its fetch: what it frees is used again instead of being given back to the kernel, asked for anew and
/// cleared. That saves half of the page faults at 10,000 peers.
void keep_freed_memory() {
  ::mallopt(M_TOP_PAD, 64 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
}

}  // namespace

Result<Ending> run(const UpOptions& options, Context& context) {
  const ClientOptions client = context.client_options(options.hosts, options.nat);
  if (options.daemon) {
    TRY_VOID(run_daemon(client, options.interface, options.interval));
    return Ending::kDone;
  }
  keep_freed_memory();
  if (options.interface) {
    TRY_VOID(up(client, *options.interface, context.stop));
    context.report({}, is_up({*options.interface}));
    return Ending::kDone;
  }
  TRY(const std::vector<InterfaceName> networks, configured_networks(client.folders));
  if (networks.empty()) {
    log::info("no network is installed in {}; `innernet install` joins one", client.folders.config.native());
    context.report({}, is_up({}));
    return Ending::kDone;
  }
  Ending ending = Ending::kDone;
  std::vector<InterfaceName> done;
  for (const InterfaceName& network : networks) {
    if (context.stop.requested()) return fail(ErrorKind::kSystem, "interrupted");
    if (const auto brought_up = up(client, network, context.stop); !brought_up) {
      log::error("{}: {}", client.folders.config_file(network).native(), brought_up.error().message());
      ending = Ending::kFailed;
    } else {
      done.push_back(network);
    }
  }
  context.report({}, is_up(done));
  return ending;
}

Result<Ending> run(const FetchOptions& options, Context& context) {
  keep_freed_memory();
  TRY_VOID(fetch(context.client_options(options.hosts, options.nat), options.interface(), context.stop));
  context.report({}, is_up({options.interface()}));
  return Ending::kDone;
}

}  // namespace innernet::client
