#include <fmt/format.h>

#include <algorithm>

#include "../cidrs.hpp"
#include "../open.hpp"
#include "commands.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  std::optional<IpNet> cidr;
  std::optional<std::string> parent;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "A CIDR holds either peers or other CIDRs. Peers see each other inside of one, and in those that are associated. What is not given "
      "is asked for; without a terminal that is an error that names the option.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "The CIDR's name");
  definition.option(0, "cidr", "CIDR", into(options.cidr, IpNet::parse), "Its addresses, like 10.42.1.0/24");
  definition.option(0, "parent", "NAME", into_text(options.parent), "The CIDR that it lies in");
  define_yes(definition, options.yes);
}

/// Could be divided, if it has an address for that.
bool can_be_parent(const Network& network, const Cidr& cidr) {
  const auto is_of_it = [&cidr](const auto& row) { return row.second.cidr_id == cidr.id; };
  return cidr.id != kServerCidr && cidr.cidr.prefix() < cidr.cidr.address().bits() && network.peers_of(cidr.id).empty() &&
         std::ranges::none_of(network.quarantined(), is_of_it);
}

Result<Ending> run(const Options& options, Context& context) {
  const InterfaceName& interface = options.interface();
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Cidr parent,
      given_or_chosen_cidr(
          context, network, options.parent, "Parent CIDR", "--parent", [&](const Cidr& cidr) { return can_be_parent(network, cidr); },
          "no CIDR can hold another one: each has peers of its own, or is the server's"));
  // Else no answer to the questions that follow would do.
  if (!options.cidr && !can_be_parent(network, parent))
    return invalid_input(fmt::format("{} can't hold another CIDR: it has peers of its own, or is the server's", label(parent)));
  const auto check_name = [&network](const Hostname& name) -> Result<void> {
    if (network.find_cidr(name.str()) == nullptr) return {};
    return invalid_input(fmt::format("there is a CIDR named {} already", quoted(name.str())));
  };
  TRY(const Hostname name,
      options.name ? Hostname::parse(*options.name) : wizard::ask_hostname(context.asker, "Name", "--name", check_name));
  const auto check_net = [&](const IpNet& net) -> Result<void> {
    TRY_VOID(network.check_new_cidr(CidrContents{name.str(), net, parent.id}));
    return {};
  };
  TRY(const IpNet net, options.cidr ? Result<IpNet>(*options.cidr) : wizard::ask_cidr(context.asker, "CIDR", "--cidr", {}, check_net));
  TRY_VOID(check_net(net));
  TRY(const bool go_on,
      confirmed(context, options.yes, fmt::format("Create CIDR {} ({}) in {}?", name.str(), net.truncated().to_string(), label(parent))));
  if (!go_on) return Ending::kDone;
  std::optional<Cidr> added;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(check_unchanged(network, parent));
    TRY(added, writer.add_cidr(CidrContents{name.str(), net, parent.id}));
    return {};
  }));
  context.print(fmt::format("CIDR {} added", label(*added)));
  context.print(fmt::format("Next, a peer in it: innernet-server add-peer {}", interface.str()));
  context.report(changed().value("cidr", *added));
  return Ending::kDone;
}

}  // namespace

Row add_cidr_command() {
  return row({.name = "add-cidr",
              .sentence = "Add a CIDR.",
              .example = "add-cidr evilcorp --name humans --cidr 10.42.1.0/24 --parent evilcorp --yes"},
             define, run);
}

}  // namespace innernet::server
