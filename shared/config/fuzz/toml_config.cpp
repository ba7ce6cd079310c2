// Both configs and the invitation: whatever is accepted is written to something that is accepted and equal.
#include <cstdint>
#include <cstdlib>

#include "innernet/config/config.hpp"

using namespace innernet;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto config = InterfaceConfig::parse(text)) {
    const SecretText written = config->to_toml();
    const auto again = InterfaceConfig::parse(written.reveal());
    require(again && again->to_toml().reveal() == written.reveal());
    require(again->network_name == config->network_name && again->peer_endpoint_overrides == config->peer_endpoint_overrides);
    const auto invitation = InterfaceConfig::parse(config->to_invitation().reveal());
    require(invitation && invitation->to_toml().reveal() == written.reveal());
  }
  if (const auto config = ServerConfig::parse(text)) {
    const SecretText written = config->to_toml();
    const auto again = ServerConfig::parse(written.reveal());
    require(again && again->to_toml().reveal() == written.reveal() && again->net());
  }
  return 0;
}
