#include "cidrs.hpp"

#include <fmt/format.h>

#include "innernet/base/printable.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::server {

Result<const Cidr*> cidr_named(const Network& network, const std::string& name) {
  const Cidr* cidr = network.find_cidr(name);
  if (cidr == nullptr) return fail(ErrorKind::kNotFound, fmt::format("there is no CIDR named {}", quoted(name)));
  return cidr;
}

Result<Cidr> given_or_chosen_cidr(command_line::Context& context, const Network& network, const std::optional<std::string>& name,
                                  const std::string& question, const std::string& option,
                                  const std::function<bool(const Cidr&)>& is_eligible, const std::string& none) {
  if (name) {
    TRY(const Cidr* cidr, cidr_named(network, *name));
    return *cidr;
  }
  std::vector<Cidr> eligible = network.cidrs();
  std::erase_if(eligible, [&is_eligible](const Cidr& cidr) { return !is_eligible(cidr); });
  return wizard::choose_cidr(context.asker, question, option, eligible, none);
}

Result<void> check_unchanged(const Network& network, const Cidr& cidr) {
  const Cidr* now = network.find_cidr(cidr.id);
  if (now != nullptr && *now == cidr) return {};
  return fail(ErrorKind::kNotFound, fmt::format("somebody else has changed {} meanwhile; nothing was done", label(cidr)));
}

std::vector<Association> associations_of(const Network& network) {
  std::vector<Association> out;
  for (const auto& [id, association] : network.associations()) out.push_back(association);
  return out;
}

std::string printable_name_of(const Network& network, CidrId id) {
  const Cidr* cidr = network.find_cidr(id);
  return cidr != nullptr ? printable(cidr->name) : fmt::format("(CIDR {})", number(id));
}

}  // namespace innernet::server
