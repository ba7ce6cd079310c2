#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/client/options.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/hostname.hpp"

namespace innernet::client {

// What each command was told, parsed. Values that are not given are asked for, or are errors where nobody can be asked.

/// Of every command.
struct GeneralOptions {
  Folders folders = Folders::of_client();
  NetworkOptions network;
  int verbosity = 0;  ///< 1: debug, 2: trace
  bool json = false;  ///< print one JSON document instead of text for people
};

struct InstallOptions {
  std::filesystem::path invitation;
  std::optional<InterfaceName> name;
  bool default_name = false;  ///< the network's name in the invitation
  bool delete_invitation = false;
  HostsOptions hosts;
  NatOptions nat;
};

struct ShowOptions {
  std::optional<InterfaceName> interface;  ///< none: all
  bool is_short = false;
  bool tree = false;
};

struct UpOptions {
  std::optional<InterfaceName> interface;  ///< none: all that are installed
  bool daemon = false;
  std::chrono::seconds interval{60};
  HostsOptions hosts;
  NatOptions nat;
};

/// For the commands that are about one network.
struct OfNetwork {
  std::optional<InterfaceName> given;  // a name has no empty value; the parser always gives one

  const InterfaceName& interface() const { return *given; }
};

struct FetchOptions : OfNetwork {
  HostsOptions hosts;
  NatOptions nat;
};

struct UninstallOptions : OfNetwork {
  bool yes = false;
  HostsOptions hosts;
};

struct DownOptions : OfNetwork {};

struct AddPeerOptions : OfNetwork {
  std::optional<Hostname> name;
  std::optional<IpAddress> ip;
  bool auto_ip = false;
  std::optional<std::string> cidr;
  std::optional<bool> is_admin;
  std::optional<std::filesystem::path> save_config;
  std::optional<std::chrono::seconds> invite_expires;
  bool yes = false;
};

struct RenamePeerOptions : OfNetwork {
  std::optional<Hostname> name;
  std::optional<Hostname> new_name;
  bool yes = false;
};

struct AddCidrOptions : OfNetwork {
  std::optional<Hostname> name;
  std::optional<IpNet> cidr;
  std::optional<std::string> parent;
  bool yes = false;
};

struct RenameCidrOptions : OfNetwork {
  std::optional<std::string> name;
  std::optional<std::string> new_name;  ///< not empty
  bool yes = false;
};

struct DeleteCidrOptions : OfNetwork {
  std::optional<std::string> name;
  bool yes = false;
};

struct ListCidrsOptions : OfNetwork {
  bool tree = false;
};

struct DisablePeerOptions : OfNetwork {
  std::optional<Hostname> name;
  bool yes = false;
};

struct EnablePeerOptions : OfNetwork {
  std::optional<Hostname> name;
  bool yes = false;
};

struct AddAssociationOptions : OfNetwork {
  std::optional<std::string> cidr_1;
  std::optional<std::string> cidr_2;
  bool yes = false;
};

struct DeleteAssociationOptions : OfNetwork {
  std::optional<std::string> cidr_1;
  std::optional<std::string> cidr_2;
  bool yes = false;
};

struct ListAssociationsOptions : OfNetwork {};

struct SetListenPortOptions : OfNetwork {
  std::optional<std::uint16_t> listen_port;  ///< 0 is as unset
  bool unset = false;
  bool yes = false;
};

struct OverrideEndpointOptions : OfNetwork {
  std::optional<Endpoint> endpoint;  ///< its port is not 0
  bool unset = false;
  bool yes = false;
};

struct OverridePeerEndpointOptions : OfNetwork {
  std::optional<Hostname> name;
  std::optional<Endpoint> endpoint;  ///< its port is not 0
  bool unset = false;
  bool yes = false;
};

using CommandOptions =
    std::variant<std::monostate, InstallOptions, ShowOptions, UpOptions, FetchOptions, UninstallOptions, DownOptions, AddPeerOptions,
                 RenamePeerOptions, AddCidrOptions, RenameCidrOptions, DeleteCidrOptions, ListCidrsOptions, DisablePeerOptions,
                 EnablePeerOptions, AddAssociationOptions, DeleteAssociationOptions, ListAssociationsOptions, SetListenPortOptions,
                 OverrideEndpointOptions, OverridePeerEndpointOptions>;

}  // namespace innernet::client
