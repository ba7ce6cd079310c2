#include "innernet/relay/ports.hpp"

namespace innernet::relay {

RelayPorts relay_ports(std::uint16_t listen_port, std::optional<std::uint16_t> now, std::optional<std::uint16_t> given,
                       const std::set<std::uint16_t>& taken) {
  if (given) return now == given ? RelayPorts{.is_right = true, .to_try = {}} : RelayPorts{.is_right = false, .to_try = {*given}};
  if (now && *now != listen_port && !taken.contains(*now)) return {.is_right = true, .to_try = {}};
  RelayPorts out;
  for (std::uint32_t port = listen_port + 1U; port <= 65'535 && out.to_try.size() < kMostRelayPorts; ++port)
    if (!taken.contains(static_cast<std::uint16_t>(port))) out.to_try.push_back(static_cast<std::uint16_t>(port));
  return out;
}

}  // namespace innernet::relay
