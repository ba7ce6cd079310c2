#include "outsiders.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Outsiders, AreThosePeersWhoseAddressIsNotInTheNetwork) {
  State state;
  const char* addresses[] = {"10.66.0.1", "8.8.8.8", "10.66.255.254", "127.0.0.1", "fd66::1", "10.67.0.1", "::ffff:10.66.1.9"};
  for (std::int64_t id = 1; const char* text : addresses) {
    state.peers.push_back(peer(id, fmt::format("peer-{}", id), text, new_key()));
    ++id;
  }
  const State before = state;
  const auto outsiders = take_outsiders(state, net("10.66.0.0/16"));
  EXPECT_EQ(state.peers, (std::vector{before.peers[0], before.peers[2]})) << "in their order";
  EXPECT_EQ(outsiders, (std::vector{before.peers[1], before.peers[3], before.peers[4], before.peers[5], before.peers[6]}));
  EXPECT_THAT(warning_about(outsiders, net("10.66.0.0/16")),
              AllOf(HasSubstr("10.66.0.0/16"), HasSubstr("peer-2 (8.8.8.8), peer-4 (127.0.0.1), peer-5 (fd66::1) and 2 more"),
                    Not(HasSubstr("peer-6"))));
  EXPECT_TRUE(take_outsiders(state, net("10.66.0.0/16")).empty());
}

}  // namespace
}  // namespace innernet::client
