#include "associations.hpp"

#include <fmt/format.h>

#include "../admin.hpp"
#include "../ask.hpp"
#include "innernet/base/printable.hpp"

namespace innernet::client {

std::string CidrPair::to_string() const { return fmt::format("{} <=> {}", printable(first.name), printable(second.name)); }

Result<CidrPair> find_pair(const std::vector<Cidr>& cidrs, const std::optional<std::string>& first,
                           const std::optional<std::string>& second) {
  TRY(const std::string first_name, given(first, "First CIDR", "the names of both CIDRs behind INTERFACE"));
  TRY(const std::string second_name, given(second, "Second CIDR", "its name as the last argument"));
  TRY(Cidr one, find_cidr(cidrs, first_name));
  TRY(Cidr other, find_cidr(cidrs, second_name));
  if (one.id == other.id)
    return invalid_input(fmt::format("{} can't be associated with itself: its peers see each other anyway", label(one)));
  return CidrPair{std::move(one), std::move(other)};
}

std::optional<Association> find_association(const std::vector<Association>& associations, const CidrPair& pair) {
  const CidrId one = pair.first.id;
  const CidrId other = pair.second.id;
  for (const Association& association : associations) {
    const bool as_given = association.cidr_id_1 == one && association.cidr_id_2 == other;
    if (as_given || (association.cidr_id_1 == other && association.cidr_id_2 == one)) return association;
  }
  return std::nullopt;
}

}  // namespace innernet::client
