#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "innernet/base/clock.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/json/json_object.hpp"
#include "innernet/prompt/asker.hpp"
#include "innernet/publicip/publicip.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/hostname.hpp"
#include "innernet/values/options.hpp"
#include "innernet/wireguard/backend.hpp"

namespace innernet::server {

// The commands of innernet-server that work on the database, whether or not `serve` runs. Each is given what it needs as
// values; main() wires them. What a command prints for people to read or pipe goes through `print`, a line each.

/// The world as a command sees it.
struct CommandContext {
  Folders folders;
  NetworkOptions network;
  const Clock& clock;
  std::function<std::unique_ptr<wg::Backend>(const InterfaceName&)> backend;
  std::function<void(std::string_view line)> print;
  /// The result for programs (doc/json.md), once, and only by what succeeded. Whoever wants it does not want what is printed.
  std::function<void(const JsonObject&)> report = [](const JsonObject&) {};
  /// Answers what the options don't.
  prompt::Asker& asker;
  std::function<publicip::PublicAddresses()> detect_public_ip;
};

struct NewOptions {
  std::optional<std::string> network_name;
  std::optional<IpNet> network_cidr;
  std::optional<Endpoint> external_endpoint;
  bool auto_external_endpoint = false;
  std::optional<std::uint16_t> listen_port;
};
/// Refuses, before anything is written, a network that exists in any part and values that can't work; leaves nothing behind on failure.
Result<void> new_network(const CommandContext& context, const NewOptions& options);

struct AddPeerOptions {
  std::optional<Hostname> name;
  std::optional<IpAddress> ip;
  bool auto_ip = false;
  std::optional<std::string> cidr;
  std::optional<bool> is_admin;
  std::optional<std::filesystem::path> save_config;
  std::optional<std::chrono::seconds> invite_expires;
  bool yes = false;
};
Result<void> add_peer(const CommandContext& context, const InterfaceName& interface, const AddPeerOptions& options);

struct RenameOptions {
  std::optional<std::string> name;
  std::optional<std::string> new_name;
  bool yes = false;
};
Result<void> rename_peer(const CommandContext& context, const InterfaceName& interface, const RenameOptions& options);
Result<void> rename_cidr(const CommandContext& context, const InterfaceName& interface, const RenameOptions& options);

struct NameOptions {
  std::optional<std::string> name;
  bool yes = false;
};
Result<void> enable_peer(const CommandContext& context, const InterfaceName& interface, const NameOptions& options);
Result<void> disable_peer(const CommandContext& context, const InterfaceName& interface, const NameOptions& options);
Result<void> delete_cidr(const CommandContext& context, const InterfaceName& interface, const NameOptions& options);

struct AddCidrOptions {
  std::optional<std::string> name;
  std::optional<IpNet> cidr;
  std::optional<std::string> parent;
  bool yes = false;
};
Result<void> add_cidr(const CommandContext& context, const InterfaceName& interface, const AddCidrOptions& options);

struct AssociationOptions {
  std::optional<std::string> cidr1;
  std::optional<std::string> cidr2;
  bool yes = false;
};
/// With both CIDRs there is no question.
Result<void> add_association(const CommandContext& context, const InterfaceName& interface, const AssociationOptions& options);
/// In either order; asks unless `yes`.
Result<void> delete_association(const CommandContext& context, const InterfaceName& interface, const AssociationOptions& options);

Result<void> list_peers(const CommandContext& context, const InterfaceName& interface);
Result<void> list_cidrs(const CommandContext& context, const InterfaceName& interface, bool tree);
Result<void> list_associations(const CommandContext& context, const InterfaceName& interface);

/// Removes interface, config and database, after a question. An unknown network is an error without one.
Result<void> uninstall(const CommandContext& context, const InterfaceName& interface, bool yes);

}  // namespace innernet::server
