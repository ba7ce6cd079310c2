#include "innernet/client/fetch.hpp"

#include "../fetching.hpp"
#include "commands.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  HostsOptions hosts;
  NatOptions nat;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "The peers on the interface, their names in the hosts file and what is remembered of them are brought in line with the server. The "
      "interface has to be up.");
  define_interface(definition, options);
  define_hosts(definition, options.hosts);
  define_nat(definition, options.nat);
}

Result<Ending> run(const Options& options, Context& context) {
  keep_freed_memory();
  TRY_VOID(fetch(context.client_options(options.hosts, options.nat), options.interface(), context.stop));
  context.report(networks_as_json({options.interface()}));
  return Ending::kDone;
}

}  // namespace

Row fetch_command() {
  return row({.name = "fetch", .sentence = "Fetch the peers of a network that is up.", .example = "fetch evilcorp"}, define, run);
}

}  // namespace innernet::client
