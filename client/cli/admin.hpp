#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "context.hpp"
#include "innernet/client/rest_client.hpp"
#include "innernet/config/config.hpp"
#include "innernet/wizard/wizard.hpp"

namespace innernet::client {

/// A network as its admin asks about it: the config of our peer, and the server's API with errors that say what to do.
class Admin {
 public:
  /// Refuses while the interface is down or somebody else's: whoever then answers is not the server.
  static Result<Admin> open(const Context& context, const InterfaceName& interface);

  const InterfaceConfig& config() const { return config_; }
  RestClient& server() { return server_; }

  Result<std::vector<Peer>> peers() { return explained("listing the peers", server_.peers()); }
  Result<std::vector<Cidr>> cidrs() { return explained("listing the CIDRs", server_.cidrs()); }
  Result<std::vector<Association>> associations() { return explained("listing the associations", server_.associations()); }

  /// Puts in front what was being asked, and behind what may help.
  template <class T>
  Result<T> explained(std::string_view doing, Answer<T> answer) const {
    if (answer) return Result<T>(*std::move(answer));
    return std::unexpected(explain(doing, std::move(answer).error()));
  }
  Result<void> explained(std::string_view doing, Answer<void> answer) const {
    if (answer) return {};
    return std::unexpected(explain(doing, std::move(answer).error()));
  }

 private:
  Admin(InterfaceName interface, InterfaceConfig config, const Context& context)
      : interface_(std::move(interface)),
        config_(std::move(config)),
        server_(config_, context.server_on_loopback ? std::nullopt : std::optional(interface_), &context.stop) {}

  Error explain(std::string_view doing, RequestError error) const;

  InterfaceName interface_;
  InterfaceConfig config_;
  RestClient server_;
};

/// kNotFound, with the name.
Result<Peer> find_peer(const std::vector<Peer>& peers, const std::string& name);
Result<Cidr> find_cidr(const std::vector<Cidr>& cidrs, const std::string& name);

/// All but the server itself, which can't be renamed or disabled.
std::vector<Peer> others(std::vector<Peer> peers);

}  // namespace innernet::client
