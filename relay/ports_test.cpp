#include "innernet/relay/ports.hpp"

#include <gmock/gmock.h>

#include <initializer_list>
#include <utility>

namespace innernet::relay {
namespace {

using ::testing::SizeIs;

TEST(RelayPorts, AreRightOrToBeTried) {
  const RelayPorts right{.is_right = true, .to_try = {}}, none;
  const auto to_try = [](std::vector<std::uint16_t> ports) { return RelayPorts{.is_right = false, .to_try = std::move(ports)}; };
  struct Row {
    const char* what;
    std::uint16_t listen_port;
    std::optional<std::uint16_t> now, given;
    std::set<std::uint16_t> taken;
    RelayPorts expected;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"none of those that are taken", 65530, {}, {}, {65530, 65531, 65533}, to_try({65532, 65534, 65535})},
           {"none is left", 65534, {}, {}, {65535}, none},
           {"none is behind the last", 65535, {}, {}, {}, none},
           {"where it runs it stays, also if an earlier one is free", 65530, 65533, {}, {65530}, right},
           {"nor does it move when nothing is known of others", 65530, 65533, {}, {}, right},
           {"somebody else's port", 65533, 65534, {}, {65534}, to_try({65535})},
           {"the network's own", 65534, 65534, {}, {65534}, to_try({65535})},
           {"before the network's own", 65534, 65000, {}, {65534}, right},
           {"the one that is given, and no other", 65530, {}, 4000, {65530}, to_try({4000})},
           {"also if it is somebody else's", 65530, {}, 65531, {65531}, to_try({65531})},
           {"and stays there", 65530, 65531, 65531, {65531}, right},
           {"from elsewhere", 65530, 65531, 4000, {}, to_try({4000})},
       })
    EXPECT_EQ(relay_ports(row.listen_port, row.now, row.given, row.taken), row.expected) << row.what;
  EXPECT_THAT(relay_ports(51820, {}, {}, {}).to_try, SizeIs(16));
  EXPECT_EQ(relay_ports(51820, {}, {}, {}).to_try.front(), 51821);
}

}  // namespace
}  // namespace innernet::relay
