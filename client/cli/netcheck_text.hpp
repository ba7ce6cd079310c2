#pragma once

#include <string>

#include "innernet/client/netcheck.hpp"
#include "innernet/json/json_object.hpp"

namespace innernet::client {

// What `innernet netcheck` prints. Pure.

std::string render_netcheck(const InterfaceName& network, const NetworkCheck& check, const Judgement& judgement);

/// The same as --json has it (doc/json.md).
JsonObject describe_netcheck(const InterfaceName& network, const NetworkCheck& check, const Judgement& judgement);

}  // namespace innernet::client
