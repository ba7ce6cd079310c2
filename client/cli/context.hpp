#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/command_line/terminal.hpp"
#include "innernet/json/json_object.hpp"
#include "innernet/prompt/asker.hpp"
#include "innernet/wireguard/backend.hpp"
#include "options.hpp"

namespace innernet::client {

/// The world as a command sees it. main() wires the real one, tests another.
struct Context {
  const GeneralOptions& general;
  const Clock& clock;
  Output& out;
  const Stop& stop;
  bool colour = false;
  /// Answers what the options don't.
  prompt::Asker& asker;
  /// See wg::choose_backend and wg::list_interfaces.
  std::function<std::unique_ptr<wg::Backend>(const InterfaceName&)> backend;
  std::function<Result<std::vector<wg::FoundInterface>>()> interfaces;
  /// The address of an endpoint; none when its name does not resolve within a few seconds.
  std::function<std::optional<SocketAddress>(const Endpoint&)> resolve;
  /// This machine's public address, as a DNS resolver sees it; none without an answer.
  std::function<std::optional<IpAddress>()> detect_public_ip;

  bool has_reported = false;

  /// What a command has to tell, once: `text` to people, or with --json the document.
  void report(std::string_view text, const JsonObject& document) {
    if (general.json)
      out.write(document.str() + '\n');
    else
      out.write(text);
    has_reported = true;
  }

  const Folders& folders() const { return general.folders; }
  /// For the commands that don't let hosts and NAT traversal be chosen, their defaults hold.
  ClientOptions client_options(const HostsOptions& hosts, const NatOptions& nat) const {
    return {general.folders, general.network, hosts, nat};
  }
};

}  // namespace innernet::client
