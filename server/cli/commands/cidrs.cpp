#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "../open.hpp"
#include "innernet/base/printable.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {
namespace {

Result<const Cidr*> cidr_named(const Network& network, const std::string& name) {
  const Cidr* cidr = network.find_cidr(name);
  if (cidr == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no CIDR named {}", quoted(name)));
  return cidr;
}

/// The CIDR that was named, else one of those that `is_eligible`. By value: answers are looked up again after the questions.
Result<Cidr> given_or_chosen(const CommandContext& context, const Network& network, const std::optional<std::string>& name,
                             const std::string& question, const std::string& option, const std::function<bool(const Cidr&)>& is_eligible,
                             const std::string& none) {
  if (name) {
    TRY(const Cidr* cidr, cidr_named(network, *name));
    return *cidr;
  }
  std::vector<Cidr> eligible = network.cidrs();
  std::erase_if(eligible, [&is_eligible](const Cidr& cidr) { return !is_eligible(cidr); });
  return wizard::choose_cidr(context.asker, question, option, eligible, none);
}

/// Could be divided, if it has an address for that.
bool can_be_parent(const Network& network, const Cidr& cidr) {
  const auto is_of_it = [&cidr](const auto& row) { return row.second.cidr_id == cidr.id; };
  return cidr.id != kServerCidr && cidr.cidr.prefix() < cidr.cidr.address().bits() && network.peers_of(cidr.id).empty() &&
         std::ranges::none_of(network.quarantined(), is_of_it);
}

std::vector<Association> associations_of(const Network& network) {
  std::vector<Association> out;
  for (const auto& [id, association] : network.associations()) out.push_back(association);
  return out;
}

/// Somebody else may have changed it while the questions were open, and SQLite gives ids of deleted rows to new ones.
Result<void> check_unchanged(const Network& network, const Cidr& cidr) {
  const Cidr* now = network.find_cidr(cidr.id);
  if (now != nullptr && *now == cidr) return {};
  return fail(ErrorKind::kNotFound, fmt::format("somebody else has changed {} meanwhile; nothing was done", label(cidr)));
}

constexpr std::string_view kNamesOfBoth = "the names of both CIDRs behind INTERFACE";

struct CidrPair {
  Cidr first;
  Cidr second;
};

Result<CidrPair> pair_to_associate(const CommandContext& context, const Network& network, const AssociationOptions& options) {
  const std::vector<Cidr> cidrs = network.cidrs();
  const std::vector<Association> associations = associations_of(network);
  const auto choose_first = [&]() -> Result<Cidr> {
    if (options.cidr1) {
      TRY(const Cidr* cidr, cidr_named(network, *options.cidr1));
      return *cidr;
    }
    return wizard::choose_cidr(context.asker, "First CIDR", std::string(kNamesOfBoth), wizard::with_partners(cidrs, associations),
                               "no association can be added: all CIDRs are associated with one another (add-cidr makes another CIDR)");
  };
  TRY(Cidr first, choose_first());
  if (options.cidr2) {
    TRY(const Cidr* second, cidr_named(network, *options.cidr2));
    return CidrPair{std::move(first), *second};
  }
  TRY(Cidr second,
      wizard::choose_cidr(context.asker, "Second CIDR", "its name as the last argument", wizard::partners_of(first, cidrs, associations),
                          fmt::format("{} is associated with every other CIDR already", label(first))));
  return CidrPair{std::move(first), std::move(second)};
}

Result<Association> association_to_delete(const CommandContext& context, const Network& network, const AssociationOptions& options) {
  std::vector<Association> eligible = associations_of(network);
  if (options.cidr1) {
    TRY(const Cidr* first, cidr_named(network, *options.cidr1));
    if (options.cidr2) {
      TRY(const Cidr* second, cidr_named(network, *options.cidr2));
      if (const Association* association = network.find_association(first->id, second->id)) return *association;
      return fail(ErrorKind::kNotFound, fmt::format("{} and {} are not associated", quoted(*options.cidr1), quoted(*options.cidr2)));
    }
    std::erase_if(eligible, [first](const Association& a) { return a.cidr_id_1 != first->id && a.cidr_id_2 != first->id; });
  }
  return wizard::choose_association(context.asker, std::string(kNamesOfBoth), eligible, network.cidrs());
}

}  // namespace

Result<void> add_cidr(const CommandContext& context, const InterfaceName& interface, const AddCidrOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Cidr parent,
      given_or_chosen(
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
  if (!go_on) return {};
  std::optional<Cidr> added;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(check_unchanged(network, parent));
    TRY(added, writer.add_cidr(CidrContents{name.str(), net, parent.id}));
    return {};
  }));
  context.print(fmt::format("CIDR {} added", label(*added)));
  context.print(fmt::format("Next, a peer in it: innernet-server add-peer {}", interface.str()));
  context.report(changed().value("cidr", *added));
  return {};
}

Result<void> rename_cidr(const CommandContext& context, const InterfaceName& interface, const RenameOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Cidr cidr,
      given_or_chosen(
          context, network, options.name, "CIDR to rename", "--name", [](const Cidr&) { return true; }, "there is no CIDR to rename"));
  const auto check = [&](const std::string& name) { return network.check_cidr_name(cidr.id, name); };
  TRY(const std::string new_name,
      options.new_name ? Result<std::string>(*options.new_name) : wizard::ask_new_cidr_name(context.asker, check));
  if (new_name == cidr.name) {
    context.print(fmt::format("CIDR {} has this name already", printable(cidr.name)));
    return {};
  }
  TRY_VOID(check(new_name));
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Rename CIDR {} to {}?", label(cidr), quoted(new_name))));
  if (!go_on) return {};
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(check_unchanged(network, cidr));
    TRY_VOID(writer.rename_cidr(cidr.id, new_name));
    return {};
  }));
  context.print(fmt::format("CIDR {} renamed to {}", printable(cidr.name), printable(new_name)));
  if (const Cidr* renamed = network.find_cidr(cidr.id)) context.report(changed().value("cidr", *renamed));
  return {};
}

Result<void> delete_cidr(const CommandContext& context, const InterfaceName& interface, const NameOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Cidr cidr, given_or_chosen(
                           context, network, options.name, "CIDR to delete", "--name",
                           [&](const Cidr& candidate) { return network.check_cidr_deletion(candidate.id).has_value(); },
                           "no CIDR can be deleted: each has peers, other CIDRs or associations, or is the network or the server's own"));
  TRY_VOID(network.check_cidr_deletion(cidr.id));
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Delete CIDR {}?", label(cidr))));
  if (!go_on) return {};
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(check_unchanged(network, cidr));
    return writer.delete_cidr(cidr.id);
  }));
  context.print(fmt::format("CIDR {} deleted", printable(cidr.name)));
  context.report(changed().value("cidr", cidr));
  return {};
}

Result<void> add_association(const CommandContext& context, const InterfaceName& interface, const AssociationOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const CidrPair pair, pair_to_associate(context, network, options));
  const AssociationContents wanted{pair.first.id, pair.second.id};
  TRY_VOID(network.check_new_association(wanted));
  const std::string first = printable(pair.first.name);
  const std::string second = printable(pair.second.name);
  TRY(const bool go_on,
      confirmed(context, options.yes || (options.cidr1 && options.cidr2), fmt::format("Add the association {} <=> {}?", first, second)));
  if (!go_on) return {};
  std::optional<Association> added;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(check_unchanged(network, pair.first));
    TRY_VOID(check_unchanged(network, pair.second));
    TRY(added, writer.add_association(wanted));
    return {};
  }));
  context.print(fmt::format("{} and {} are associated", first, second));
  context.report(changed().value("association", *added));
  return {};
}

Result<void> delete_association(const CommandContext& context, const InterfaceName& interface, const AssociationOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  const Network& network = registry.network();
  TRY(const Association association, association_to_delete(context, network, options));
  const std::string pair = wizard::in_words(association, network.cidrs());
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Delete the association {}: {}?", number(association.id), pair)));
  if (!go_on) return {};
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    const auto now = network.associations().find(association.id);
    if (now == network.associations().end() || now->second != association)
      return fail(ErrorKind::kNotFound, fmt::format("somebody else has deleted the association {} meanwhile", pair));
    return writer.delete_association(association.id);
  }));
  context.print(fmt::format("association {} deleted", pair));
  context.report(changed().value("association", association));
  return {};
}

}  // namespace innernet::server
