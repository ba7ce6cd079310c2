#include <fmt/format.h>

#include <utility>

#include "../open.hpp"

namespace innernet::server {
namespace {

Result<const Cidr*> cidr_named(const Network& network, const std::optional<std::string>& name, std::string_view option,
                               std::string_view meaning) {
  if (!name) return invalid_input(fmt::format("{} is missing: {}", option, meaning));
  const Cidr* cidr = network.find_cidr(*name);
  if (cidr == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no CIDR named {}", quoted(*name)));
  return cidr;
}

Result<std::pair<const Cidr*, const Cidr*>> both_cidrs(const Network& network, const AssociationOptions& options) {
  TRY(const Cidr* first, cidr_named(network, options.cidr1, "CIDR1", "the first CIDR's name"));
  TRY(const Cidr* second, cidr_named(network, options.cidr2, "CIDR2", "the second CIDR's name"));
  return std::pair(first, second);
}

}  // namespace

Result<void> add_cidr(const CommandContext& context, const InterfaceName& interface, const AddCidrOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  TRY_VOID(cidr_named(registry.network(), options.parent, "--parent", "the name of the CIDR that it lies in"));
  if (!options.name) return invalid_input("--name is missing: the new CIDR's name");
  if (!options.cidr) return invalid_input("--cidr is missing: the new CIDR's addresses, such as 10.42.1.0/24");
  TRY(const auto name, Hostname::parse(*options.name));
  TRY(const bool go_on,
      confirmed(context, options.yes, fmt::format("Create CIDR {} ({}) in {}?", name.str(), options.cidr->to_string(), *options.parent)));
  if (!go_on) return {};
  std::optional<Cidr> added;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(const Cidr* parent, cidr_named(registry.network(), options.parent, "--parent", ""));
    TRY(added, writer.add_cidr(CidrContents{name.str(), *options.cidr, parent->id}));
    return {};
  }));
  context.print(fmt::format("CIDR {} ({}) added", added->name, added->cidr.to_string()));
  context.report(changed().value("cidr", *added));
  return {};
}

Result<void> rename_cidr(const CommandContext& context, const InterfaceName& interface, const RenameOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  TRY_VOID(cidr_named(registry.network(), options.name, "--name", "which CIDR to rename"));
  if (!options.new_name) return invalid_input("--new-name is missing: the CIDR's new name");
  if (*options.new_name == *options.name) {
    context.print(fmt::format("CIDR {} has this name already", *options.name));
    return {};
  }
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Rename CIDR {} to {}?", *options.name, quoted(*options.new_name))));
  if (!go_on) return {};
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(const Cidr* cidr, cidr_named(registry.network(), options.name, "--name", ""));
    TRY_VOID(writer.rename_cidr(cidr->id, *options.new_name));
    return {};
  }));
  context.print(fmt::format("CIDR {} renamed to {}", *options.name, *options.new_name));
  if (const Cidr* renamed = registry.network().find_cidr(*options.new_name)) context.report(changed().value("cidr", *renamed));
  return {};
}

Result<void> delete_cidr(const CommandContext& context, const InterfaceName& interface, const NameOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  TRY(const Cidr* found, cidr_named(registry.network(), options.name, "--name", "which CIDR to delete"));
  TRY_VOID(registry.network().check_cidr_deletion(found->id));
  const Cidr deleted = *found;
  TRY(const bool go_on, confirmed(context, options.yes, fmt::format("Delete CIDR {} ({})?", found->name, found->cidr.to_string())));
  if (!go_on) return {};
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(const Cidr* cidr, cidr_named(registry.network(), options.name, "--name", ""));
    return writer.delete_cidr(cidr->id);
  }));
  context.print(fmt::format("CIDR {} deleted", *options.name));
  context.report(changed().value("cidr", deleted));
  return {};
}

Result<void> add_association(const CommandContext& context, const InterfaceName& interface, const AssociationOptions& options) {
  TRY(auto registry, open_registry(context, interface));
  std::optional<Association> added;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(const auto cidrs, both_cidrs(registry.network(), options));
    TRY(added, writer.add_association(AssociationContents{cidrs.first->id, cidrs.second->id}));
    return {};
  }));
  context.print(fmt::format("{} and {} are associated", *options.cidr1, *options.cidr2));
  context.report(changed().value("association", *added));
  return {};
}

Result<void> delete_association(const CommandContext& context, const InterfaceName& interface, const AssociationOptions& options) {
  std::optional<Association> deleted;
  const auto find = [&options, &deleted](const Network& network) -> Result<AssociationId> {
    TRY(const auto cidrs, both_cidrs(network, options));
    const Association* association = network.find_association(cidrs.first->id, cidrs.second->id);
    if (association == nullptr)
      return fail(ErrorKind::kNotFound, fmt::format("{} and {} are not associated", quoted(*options.cidr1), quoted(*options.cidr2)));
    deleted = *association;
    return association->id;
  };
  TRY(auto registry, open_registry(context, interface));
  TRY(const auto id, find(registry.network()));
  TRY(const bool go_on,
      confirmed(context, options.yes, fmt::format("Delete the association {}: {} <=> {}?", number(id), *options.cidr1, *options.cidr2)));
  if (!go_on) return {};
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    TRY(const auto still_there, find(registry.network()));
    return writer.delete_association(still_there);
  }));
  context.print(fmt::format("{} and {} are no longer associated", *options.cidr1, *options.cidr2));
  context.report(changed().value("association", *deleted));
  return {};
}

}  // namespace innernet::server
