#include <fmt/format.h>

#include <algorithm>

#include "../admin.hpp"
#include "../ask.hpp"
#include "commands.hpp"

namespace innernet::client {
namespace {

/// The server's rules, looked at beforehand, because a Rust server refuses without a word.
Result<void> check(const CidrContents& wanted, const Cidr& parent, const std::vector<Cidr>& cidrs, const std::vector<Peer>& peers) {
  const std::string net = wanted.cidr.to_string();
  if (std::ranges::find(cidrs, wanted.name, &Cidr::name) != cidrs.end())
    return fail(ErrorKind::kAlreadyExists, fmt::format("there is a CIDR {} already", quoted(wanted.name)));
  if (parent.id == kServerCidr) return invalid_input(fmt::format("{} is the server's own and holds nothing else", label(parent)));
  if (!parent.cidr.contains(wanted.cidr)) return invalid_input(fmt::format("{} is not inside its parent {}", net, label(parent)));
  for (const Cidr& other : cidrs) {
    if (other.id == parent.id || other.id == kRootCidr || !other.cidr.overlaps(wanted.cidr)) continue;
    if (other.cidr == wanted.cidr) return fail(ErrorKind::kAlreadyExists, fmt::format("{} exists already: {}", net, label(other)));
    if (other.parent == parent.id && other.cidr.contains(wanted.cidr))
      return invalid_input(fmt::format("the smallest CIDR that contains {} is {}: that is the parent", net, label(other)));
    if (other.parent == parent.id) return invalid_input(fmt::format("{} overlaps {}", net, label(other)));
  }
  if (std::ranges::find(peers, parent.id, &Peer::cidr_id) != peers.end())
    return invalid_input(fmt::format("{} has peers of its own, and such a CIDR can't hold other CIDRs", label(parent)));
  return {};
}

}  // namespace

Result<Ending> run(const AddCidrOptions& options, Context& context) {
  TRY(const std::string parent_name, given(options.parent, "Parent CIDR", "--parent"));
  TRY(const Hostname name, given(options.name, "Name", "--name"));
  TRY(const IpNet net, given(options.cidr, "CIDR", "--cidr"));
  TRY(Admin admin, Admin::open(context, options.interface()));
  TRY(const std::vector<Cidr> cidrs, admin.cidrs());
  TRY(const Cidr parent, find_cidr(cidrs, parent_name));
  TRY(const std::vector<Peer> peers, admin.peers());
  const CidrContents wanted{name.str(), net.truncated(), parent.id};
  TRY_VOID(check(wanted, parent, cidrs, peers));
  TRY(const bool agreed,
      goes_ahead(context, options.yes, fmt::format("Create the CIDR {} ({}) in {}?", name.str(), wanted.cidr.to_string(), label(parent))));
  if (!agreed) return Ending::kDone;
  TRY(const Cidr created, admin.explained("creating the CIDR", admin.server().create_cidr(wanted)));
  context.report(fmt::format("The CIDR {} was created.\n", label(created)), changed().value("cidr", created));
  return Ending::kDone;
}

}  // namespace innernet::client
