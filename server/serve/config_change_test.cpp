#include "config_change.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace innernet::server {
namespace {

TEST(ConfigChange, NeedsARestartForAllButThePort) {
  const ServerConfig served{.private_key = wg::PrivateKey::generate(),
                            .listen_port = 51820,
                            .address = IpAddress::parse("10.42.0.1").value(),
                            .network_cidr_prefix = 16};
  struct Case {
    const char* name;
    std::function<void(ServerConfig&)> edit;
    bool needs_restart;
  };
  const std::vector<Case> cases{
      {"nothing", [](ServerConfig&) {}, false},
      {"port", [](ServerConfig& read) { read.listen_port = 51999; }, false},
      {"key", [](ServerConfig& read) { read.private_key = wg::PrivateKey::generate(); }, true},
      {"address", [](ServerConfig& read) { read.address = IpAddress::parse("10.42.0.2").value(); }, true},
      {"database", [](ServerConfig& read) { read.database_url = *DatabaseUrl::parse("postgresql://db/evilcorp"); }, true},
      {"name", [](ServerConfig& read) { read.server_name = "standby"; }, true},
      {"prefix", [](ServerConfig& read) { read.network_cidr_prefix = 17; }, true},
  };
  for (const Case& c : cases) {
    ServerConfig read = served;
    c.edit(read);
    EXPECT_EQ(needs_restart(served, read), c.needs_restart) << c.name;
  }
}

}  // namespace
}  // namespace innernet::server
