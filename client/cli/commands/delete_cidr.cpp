#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "../admin.hpp"
#include "commands.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<std::string> name;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "It must have no peers, not even disabled ones, no CIDRs in it and no associations. What is not given is asked for; without a "
      "terminal that is an error that names the option.");
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "The CIDR");
  define_yes(definition, options.yes);
}

/// Why a CIDR can't be deleted; none: it can.
std::optional<std::string> obstacle(const Cidr& cidr, const std::vector<Cidr>& cidrs, const std::vector<Peer>& peers,
                                    const std::vector<Association>& associations) {
  if (cidr.id == kRootCidr) return "it is the network itself";
  if (cidr.id == kServerCidr) return "it is the server's own";
  const auto child = std::ranges::find(cidrs, std::optional(cidr.id), &Cidr::parent);
  if (child != cidrs.end()) return fmt::format("{} is inside it", label(*child));
  const auto peer = std::ranges::find(peers, cidr.id, &Peer::cidr_id);
  if (peer != peers.end())
    return fmt::format("the peer {} belongs to it (a peer, also a disabled one, keeps its address)", peer->name.str());
  for (const Association& association : associations)
    if (association.cidr_id_1 == cidr.id || association.cidr_id_2 == cidr.id)
      return "it is associated with another CIDR: `innernet delete-association` takes that back";
  return std::nullopt;
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const std::vector<Peer> peers, admin.peers());
  TRY(const std::vector<Association> associations, admin.associations());
  const auto choose = [&]() -> Result<Cidr> {
    if (options.name) return find_cidr(cidrs, *options.name);
    std::vector<Cidr> eligible = cidrs;
    std::erase_if(eligible, [&](const Cidr& cidr) { return obstacle(cidr, cidrs, peers, associations).has_value(); });
    return wizard::choose_cidr(
        context.asker, "CIDR to delete", "--name", eligible,
        "no CIDR can be deleted: each has peers, other CIDRs or associations, or is the network or the server's own");
  };
  TRY(const Cidr cidr, choose());
  if (const auto why = obstacle(cidr, cidrs, peers, associations))
    return invalid_input(fmt::format("{} can't be deleted: {}", label(cidr), *why));
  TRY(const bool agreed, confirmed(context, options.yes, fmt::format("Delete the CIDR {}?", label(cidr))));
  if (!agreed) return Ending::kDone;
  TRY_VOID(admin.explained(fmt::format("deleting {}", quoted(cidr.name)), admin.server().delete_cidr(cidr.id)));
  context.print(fmt::format("The CIDR {} was deleted.", label(cidr)));
  context.report(changed().value("cidr", cidr));
  return Ending::kDone;
}

}  // namespace

Row delete_cidr_command() {
  return row({.name = "delete-cidr",
              .sentence = "Delete a CIDR that nothing is in (admins).",
              .example = "delete-cidr evilcorp --name humans --yes"},
             define, run);
}

}  // namespace innernet::client
