#pragma once

#include <optional>
#include <string>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::client {

/// Two CIDRs by their names.
struct CidrPair {
  Cidr first;
  Cidr second;

  std::string to_string() const;
};
/// Fails when one is not known, or both are the same.
Result<CidrPair> find_pair(const std::vector<Cidr>& cidrs, const std::string& first, const std::string& second);

/// The association of the two, in either order.
std::optional<Association> find_association(const std::vector<Association>& associations, const CidrPair& pair);

}  // namespace innernet::client
