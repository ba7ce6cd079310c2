#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "innernet/base/file.hpp"
#include "innernet/server/registry.hpp"
#include "innernet/testing/fake_clock.hpp"
#include "innernet/testing/scripted_asker.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet::server {

/// Folders of its own, a clock that stands, and a person who answers as the test says. No interface of the network is ever up.
class Commands : public ::testing::Test {
 protected:
  CommandContext context() {
    return {.folders = {folder_ / "etc", folder_ / "lib"},
            .network = {},
            .clock = clock_,
            .backend = [](const InterfaceName&) -> std::unique_ptr<wg::Backend> {
              ADD_FAILURE() << "nothing may touch a device that is not there";
              return nullptr;
            },
            .print = [this](std::string_view line) { printed_ += std::string(line) + "\n"; },
            .report = [this](const JsonObject& document) { reported_ = document.str(); },
            .asker = asker_,
            .detect_public_ip = [this] { return public_ip_; }};
  }

  /// `evilcorp`, with the CIDRs humans and robots.
  void make_network(const std::string& cidr = "10.66.0.0/16", const std::string& humans = "10.66.1.0/24",
                    const std::string& robots = "10.66.2.0/24") {
    NewOptions options;
    options.network_name = "evilcorp";
    options.network_cidr = *IpNet::parse(cidr);
    options.external_endpoint = *Endpoint::parse("192.0.2.1:51820");
    options.listen_port = 51820;
    succeeds(new_network(context(), options));
    for (const auto& [name, range] : {std::pair("humans", humans), std::pair("robots", robots)})
      succeeds(server::add_cidr(context(), network_, {.name = name, .cidr = *IpNet::parse(range), .parent = "evilcorp", .yes = true}));
  }

  AddPeerOptions peer(const std::string& name, const std::string& cidr = "humans") {
    AddPeerOptions options;
    options.name = *Hostname::parse(name);
    options.auto_ip = true;
    options.cidr = cidr;
    options.is_admin = false;
    options.save_config = folder_ / (name + ".toml");
    options.invite_expires = std::chrono::hours(24);
    options.yes = true;
    return options;
  }

  Registry registry() { return *Registry::open(folder_ / "lib" / "evilcorp.db"); }

  static void succeeds(const Result<void>& result) { ASSERT_TRUE(result) << result.error().message(); }
  static void fails(const Result<void>& result, ErrorKind kind, const std::string& words) {
    ASSERT_FALSE(result) << "expected a failure about " << words;
    EXPECT_EQ(result.error().kind(), kind) << result.error().message();
    EXPECT_NE(result.error().message().find(words), std::string::npos) << result.error().message();
  }

  testing::TempDir folder_;
  testing::FakeClock clock_;
  InterfaceName network_ = *InterfaceName::parse("evilcorp");
  std::string printed_;
  std::string reported_;
  testing::ScriptedAsker asker_;
  publicip::PublicAddresses public_ip_;
};

}  // namespace innernet::server
