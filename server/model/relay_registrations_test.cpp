#include "relay_registrations.hpp"

#include <gmock/gmock.h>

#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

Endpoint at(const char* text) { return must(Endpoint::parse(text)); }

struct RelayRegistrationsTest : ::testing::Test {
  const PeerId office{5}, home{7}, one{20}, other{21};
  const Relay of_office{.id = office, .public_key = key_of(5), .endpoint = at("192.0.2.5:1")};
  const Relay of_home{.id = home, .public_key = key_of(7), .endpoint = at("192.0.2.7:1")};
  RelayRegistrations registrations;
};

TEST_F(RelayRegistrationsTest, AreShownWithTheFirstRelayThatHasThePeer) {
  registrations.note(home, {one, other});
  registrations.note(office, {one});
  EXPECT_THAT(registrations.where({of_office, of_home}),
              UnorderedElementsAre(Pair(one, of_office.endpoint), Pair(other, of_home.endpoint)));
  EXPECT_THAT(registrations.where({of_home}), UnorderedElementsAre(Pair(one, of_home.endpoint), Pair(other, of_home.endpoint)));
  EXPECT_THAT(registrations.where({}), IsEmpty()) << "none of them is there";
}

TEST_F(RelayRegistrationsTest, TheServersComesFirst) {
  registrations.note(office, {one, other});
  registrations.note_own({one}, at("192.0.2.1:1"));
  EXPECT_THAT(registrations.where({of_office}), UnorderedElementsAre(Pair(one, at("192.0.2.1:1")), Pair(other, of_office.endpoint)));
  registrations.note_own({one}, at("0.0.0.0:1"));
  EXPECT_THAT(registrations.where({of_office}), UnorderedElementsAre(Pair(one, of_office.endpoint), Pair(other, of_office.endpoint)));
}

TEST_F(RelayRegistrationsTest, NobodyIsBehindARelayOfTheirOwn) {
  registrations.note(office, {office, one});
  EXPECT_THAT(registrations.where({of_office}), UnorderedElementsAre(Pair(one, of_office.endpoint)));
}

TEST_F(RelayRegistrationsTest, WhoIsNoRelayAnyMoreHasSaidNothing) {
  registrations.note(office, {one});
  registrations.keep_only(std::set{home});
  EXPECT_THAT(registrations.where({of_office}), IsEmpty());
}

TEST_F(RelayRegistrationsTest, AreKnownWhenTheyAreSaidAgain) {
  EXPECT_TRUE(registrations.are(office, {}));
  registrations.note(office, {one});
  EXPECT_TRUE(registrations.are(office, {one}));
  EXPECT_FALSE(registrations.are(office, {}));
  EXPECT_FALSE(registrations.are(home, {one}));
}

}  // namespace
}  // namespace innernet::server
