#include "config_change.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace innernet::server {
namespace {

TEST(ConfigChange, SaysWhatAServerThatRunsTakes) {
  const ServerConfig served{.private_key = wg::PrivateKey::generate(),
                            .listen_port = 51820,
                            .address = IpAddress::parse("10.42.0.1").value(),
                            .network_cidr_prefix = 16};
  struct Case {
    const char* name;
    std::function<void(ServerConfig&)> edit;
    ConfigChange change;
  };
  const std::vector<Case> cases{
      {"nothing", [](ServerConfig&) {}, {}},
      {"port", [](ServerConfig& read) { read.listen_port = 51999; }, {.listen_port = 51999}},
      {"key", [](ServerConfig& read) { read.private_key = wg::PrivateKey::generate(); }, {.needs_restart = true, .listen_port = {}}},
      {"address",
       [](ServerConfig& read) { read.address = IpAddress::parse("10.42.0.2").value(); },
       {.needs_restart = true, .listen_port = {}}},
      {"prefix", [](ServerConfig& read) { read.network_cidr_prefix = 17; }, {.needs_restart = true, .listen_port = {}}},
      {"port and prefix",
       [](ServerConfig& read) {
         read.listen_port = 51999;
         read.network_cidr_prefix = 17;
       },
       {.needs_restart = true, .listen_port = 51999}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ServerConfig read = served;
    c.edit(read);
    EXPECT_EQ(config_change(served, read), c.change);
  }
}

}  // namespace
}  // namespace innernet::server
