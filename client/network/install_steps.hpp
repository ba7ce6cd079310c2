#pragma once

#include <functional>
#include <string_view>

#include "innernet/client/install.hpp"
#include "innernet/client/rest_client.hpp"
#include "machine.hpp"
#include "nat_traversal.hpp"

namespace innernet::client {

struct InstallTimes {
  /// WireGuard repeats a handshake after 5 s and a bit (REKEY_TIMEOUT); a server that is there may wait for its disk.
  RequestTimes redeem{.connect = std::chrono::seconds(9), .progress = std::chrono::seconds(20), .whole = std::chrono::seconds(30)};
  std::chrono::milliseconds key_change{15'000};  ///< the Rust server changes keys 5 s after its answer
  std::chrono::milliseconds probe_pending{3'000};
  std::chrono::milliseconds retry{100};     ///< at least: on slow ways what redeeming took
  std::chrono::milliseconds fetch{30'000};  ///< a whole answer: the network's lock is held meanwhile
  std::chrono::milliseconds between_fetches{1'000};
};

/// install() on a given machine. `reached` is told of each step that is done, where tests kill it.
Result<Installed> install_on(
    const ClientOptions& options, const InterfaceName& name, const InterfaceConfig& invitation, Machine& machine,
    const InstallTimes& times = {}, const std::function<void(std::string_view step)>& reached = [](std::string_view) {});

}  // namespace innernet::client
