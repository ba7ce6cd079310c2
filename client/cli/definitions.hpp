#pragma once

#include <optional>
#include <string_view>

#include "innernet/client/options.hpp"
#include "innernet/command_line/command_line.hpp"

namespace innernet::client {

// What several of the client's commands have.

/// --no-nat-traversal, --exclude-nat-candidates or --no-nat-candidates.
void define_nat(command_line::Definition& definition, NatOptions& nat);
/// --name of a peer or of something new.
void define_name(command_line::Definition& definition, std::optional<Hostname>& name, std::string_view sentence);

/// Its port is not 0.
Result<Endpoint> parse_endpoint_with_port(std::string_view text);

}  // namespace innernet::client
