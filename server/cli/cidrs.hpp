#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/command_line/context.hpp"
#include "innernet/server/network.hpp"

namespace innernet::server {

// How the commands that are about CIDRs and associations find them.

constexpr std::string_view kNamesOfBoth = "the names of both CIDRs behind INTERFACE";  // the option of questions about associations

/// Fails with kNotFound.
Result<const Cidr*> cidr_named(const Network& network, const std::string& name);

/// The CIDR that was named, else one of those that `is_eligible`. By value: answers are looked up again after the questions.
Result<Cidr> given_or_chosen_cidr(command_line::Context& context, const Network& network, const std::optional<std::string>& name,
                                  const std::string& question, const std::string& option,
                                  const std::function<bool(const Cidr&)>& is_eligible, const std::string& none);

/// Somebody else may have changed it while the questions were open, and SQLite gives ids of deleted rows to new ones.
Result<void> check_unchanged(const Network& network, const Cidr& cidr);

std::vector<Association> associations_of(const Network& network);

/// CIDRs are named by anybody, through the API by any admin's machine: a terminal must not act on it.
std::string printable_name_of(const Network& network, CidrId id);

}  // namespace innernet::server
