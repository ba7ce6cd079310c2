#include "relay_reach.hpp"

#include <gmock/gmock.h>

#include <initializer_list>
#include <string>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(RelayReach, IsKnownFromWhoHasComeAndWhoHasNot) {
  const std::string closed = "UDP port 51821 yet, so it seems to be closed: open it",
                    unanswered = "to UDP port 51821, but the answers don't";
  struct Row {
    const char* what;
    std::uint64_t handshakes, registrations;
    bool is_client_there;
    std::string expected;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"nobody is there who would register", 0, 0, false, ""},
           {"one is, and no handshake has come", 0, 0, true, closed},
           {"handshakes that nobody confirms", 3, 0, true, unanswered},
           {"the same, while it is too early to tell", 3, 0, false, ""},
           {"somebody is registered, or was", 3, 1, true, ""},
       }) {
    const auto reach = relay_reach(
        {.port = 51821, .handshakes = row.handshakes, .registrations = row.registrations, .is_client_there = row.is_client_there});
    EXPECT_EQ(reach.has_value(), row.expected.empty()) << row.what;
    EXPECT_THAT(reach ? std::string() : reach.error().message(), HasSubstr(row.expected)) << row.what;
  }
}

TEST(RelayClients, ShouldBeRegisteredWhenTheyHaveBeenThereForAWhile) {
  RelayClients clients;
  EXPECT_FALSE(clients.should_be_registered(60s));
  const BootTime began{5h};
  clients.note(began);
  EXPECT_FALSE(clients.should_be_registered(60s)) << "it may have gone since";
  clients.note(began + 59s);
  EXPECT_FALSE(clients.should_be_registered(60s));
  clients.note(began + 60s);
  EXPECT_TRUE(clients.should_be_registered(60s));
}

}  // namespace
}  // namespace innernet::server
