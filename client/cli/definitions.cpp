#include "definitions.hpp"

#include <fmt/format.h>

namespace innernet::client {

using command_line::Definition;
using command_line::into;

void define_nat(Definition& definition, NatOptions& nat) {
  definition.flag(0, "no-nat-traversal", nat.no_traversal, "Don't try the candidates of peers that don't answer, and use no relay");
  const command_line::Take exclude = [&nat](std::string_view text) -> Result<void> {
    TRY(const IpNet net, IpNet::parse(text));
    nat.exclude_candidates.push_back(net);
    return {};
  };
  definition.option({.letter = 0,
                     .name = "exclude-nat-candidates",
                     .placeholder = "CIDR",
                     .sentence = "Don't report addresses of this machine in CIDR",
                     .take = exclude,
                     .repeatable = true});
  definition.flag(0, "no-nat-candidates", nat.no_candidates, "Report no addresses of this machine");
  definition.conflict("exclude-nat-candidates", "no-nat-candidates");
}

void define_name(Definition& definition, std::optional<Hostname>& name, std::string_view sentence) {
  definition.option(0, "name", "NAME", into(name, Hostname::parse), sentence);
}

Result<Endpoint> parse_endpoint_with_port(std::string_view text) {
  TRY(Endpoint endpoint, Endpoint::parse(text));
  if (endpoint.port() == 0) return invalid_input(fmt::format("{} has port 0, which nobody can send to", quoted(text)));
  return endpoint;
}

}  // namespace innernet::client
