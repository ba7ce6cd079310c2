#include <fmt/format.h>

#include <algorithm>

#include "../admin.hpp"
#include "commands.hpp"

namespace innernet::client {
namespace {

struct Options : OfNetwork {
  std::optional<Hostname> name;
  std::optional<IpNet> cidr;
  std::optional<std::string> parent;
  bool yes = false;
};

void define(Definition& definition, Options& options) {
  definition.explain(
      "A CIDR holds either peers or other CIDRs. Peers see each other inside of one, and in those that are associated. What is not given "
      "is asked for; without a terminal that is an error that names the option.");
  define_interface(definition, options);
  define_name(definition, options.name, "The name of the new CIDR");
  definition.option(0, "cidr", "CIDR", into(options.cidr, IpNet::parse), "Its addresses, like 10.42.2.0/24");
  definition.option(0, "parent", "NAME", into_text(options.parent), "The smallest CIDR that contains it");
  define_yes(definition, options.yes);
}

Result<void> check_name(const std::string& name, const std::vector<Cidr>& cidrs) {
  if (std::ranges::find(cidrs, name, &Cidr::name) == cidrs.end()) return {};
  return fail(ErrorKind::kAlreadyExists, fmt::format("there is a CIDR {} already", quoted(name)));
}

/// The server's rules, looked at beforehand, because a Rust server refuses without a word.
Result<void> check(const CidrContents& wanted, const Cidr& parent, const std::vector<Cidr>& cidrs, const std::vector<Peer>& peers) {
  const std::string net = wanted.cidr.to_string();
  const auto has_peers = [&peers](const Cidr& cidr) { return std::ranges::find(peers, cidr.id, &Peer::cidr_id) != peers.end(); };
  TRY_VOID(check_name(wanted.name, cidrs));
  if (parent.id == kServerCidr) return invalid_input(fmt::format("{} is the server's own and holds nothing else", label(parent)));
  if (!parent.cidr.contains(wanted.cidr)) return invalid_input(fmt::format("{} is not inside its parent {}", net, label(parent)));
  for (const Cidr& other : cidrs) {
    if (other.id == parent.id || other.id == kRootCidr || !other.cidr.overlaps(wanted.cidr)) continue;
    if (other.cidr == wanted.cidr) return fail(ErrorKind::kAlreadyExists, fmt::format("{} exists already: {}", net, label(other)));
    if (other.parent == parent.id && other.cidr.contains(wanted.cidr))
      return invalid_input(fmt::format(
          "the smallest CIDR that contains {} is {}: that {}", net, label(other),
          has_peers(other) ? "would be the parent, but it has peers, and such a CIDR can't hold other CIDRs" : "is the parent"));
    if (other.parent == parent.id) return invalid_input(fmt::format("{} overlaps {}", net, label(other)));
  }
  if (has_peers(parent))
    return invalid_input(fmt::format("{} has peers of its own, and such a CIDR can't hold other CIDRs", label(parent)));
  return {};
}

Result<Cidr> choose_parent(const Options& options, const std::vector<Cidr>& cidrs, const std::vector<Peer>& peers, Context& context) {
  const auto can_be_parent = [&peers](const Cidr& cidr) {
    return cidr.id != kServerCidr && cidr.cidr.prefix() < cidr.cidr.address().bits() &&
           std::ranges::find(peers, cidr.id, &Peer::cidr_id) == peers.end();
  };
  if (options.parent) {
    TRY(Cidr parent, find_cidr(cidrs, *options.parent));
    // Else no answer to the questions that follow would do.
    if (options.cidr || can_be_parent(parent)) return parent;
    return invalid_input(fmt::format("{} can't hold another CIDR: it has peers of its own, or is the server's", label(parent)));
  }
  std::vector<Cidr> eligible = cidrs;
  std::erase_if(eligible, [&can_be_parent](const Cidr& cidr) { return !can_be_parent(cidr); });
  return wizard::choose_cidr(context.asker, "Parent CIDR", "--parent", eligible,
                             "no CIDR can hold another one: each has peers of its own, or is the server's");
}

Result<Hostname> choose_name(const Options& options, const std::vector<Cidr>& cidrs, Context& context) {
  if (options.name) return *options.name;
  return wizard::ask_hostname(context.asker, "Name", "--name", [&cidrs](const Hostname& name) { return check_name(name.str(), cidrs); });
}

Result<IpNet> choose_net(const Options& options, const Hostname& name, const Cidr& parent, const std::vector<Cidr>& cidrs,
                         const std::vector<Peer>& peers, Context& context) {
  if (options.cidr) return *options.cidr;
  return wizard::ask_cidr(context.asker, "CIDR", "--cidr", {}, [&](const IpNet& net) {
    return check(CidrContents{name.str(), net.truncated(), parent.id}, parent, cidrs, peers);
  });
}

Result<Ending> run(const Options& options, Context& context) {
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const std::vector<Peer> peers, admin.peers());
  TRY(const Cidr parent, choose_parent(options, cidrs, peers, context));
  TRY(const Hostname name, choose_name(options, cidrs, context));
  TRY(const IpNet net, choose_net(options, name, parent, cidrs, peers, context));
  const CidrContents wanted{name.str(), net.truncated(), parent.id};
  TRY_VOID(check(wanted, parent, cidrs, peers));
  TRY(const bool agreed,
      confirmed(context, options.yes, fmt::format("Create the CIDR {} ({}) in {}?", name.str(), wanted.cidr.to_string(), label(parent))));
  if (!agreed) return Ending::kDone;
  TRY(const Cidr created, admin.explained("creating the CIDR", admin.server().create_cidr(wanted)));
  context.print(fmt::format("The CIDR {} was created.", label(created)));
  context.report(changed().value("cidr", created));
  return Ending::kDone;
}

}  // namespace

Row add_cidr_command() {
  return row({.name = "add-cidr",
              .sentence = "Add a CIDR (admins).",
              .example = "add-cidr evilcorp --name humans --cidr 10.42.1.0/24 --parent evilcorp --yes"},
             define, run);
}

}  // namespace innernet::client
