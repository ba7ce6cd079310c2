#include "associations.hpp"

#include <fmt/format.h>

#include "admin.hpp"
#include "innernet/base/printable.hpp"

namespace innernet::client {

std::string CidrPair::to_string() const { return fmt::format("{} <=> {}", printable(first.name), printable(second.name)); }

Result<CidrPair> find_pair(const std::vector<Cidr>& cidrs, const std::string& first, const std::string& second) {
  TRY(Cidr one, find_cidr(cidrs, first));
  TRY(Cidr other, find_cidr(cidrs, second));
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
