#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "innernet/base/ip.hpp"
#include "innernet/command_line/command_line.hpp"
#include "innernet/values/hostname.hpp"

namespace innernet::command_line {

/// What add-peer is told about the new peer. What is not given is asked for.
struct AddPeerOptions : OfNetwork {
  std::optional<Hostname> name;
  std::optional<IpAddress> ip;
  bool auto_ip = false;
  std::optional<std::string> cidr;
  std::optional<bool> is_admin;
  std::optional<std::filesystem::path> save_config;
  std::optional<std::chrono::seconds> invite_expires;  ///< more than 0
  bool yes = false;
};

/// What the manuals of the two programs say in words of their own.
struct AddPeerSentences {
  std::string_view name;
  std::string_view ip;
  std::string_view auto_ip;
  std::string_view save_config;
};
void define_add_peer(Definition& definition, AddPeerOptions& options, const AddPeerSentences& sentences);

}  // namespace innernet::command_line
