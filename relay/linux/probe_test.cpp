#include "innernet/relay/probe.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "innernet/base/unique_fd.hpp"
#include "innernet/relay/relay.hpp"

namespace innernet::relay {
namespace {

using std::chrono::seconds;

TEST(Probe, AsksRelays) {
  const wg::PrivateKey own = wg::PrivateKey::generate();
  std::vector<std::unique_ptr<Relay>> relays;
  std::vector<ProbeTarget> targets;
  for (int i = 0; i < 3; ++i) {
    auto relay = Relay::start(wg::PrivateKey::generate(), {});
    ASSERT_TRUE(relay) << relay.error().message();
    (*relay)->set_membership(std::make_shared<const Membership>(std::vector<Member>{{.key = own.public_key()}}, std::vector<GroupPair>{}));
    targets.push_back({.key = (*relay)->public_key(), .address = {.ip = *IpAddress::parse("127.0.0.1"), .port = (*relay)->port()}});
    relays.push_back(*std::move(relay));
  }
  const auto answers = probe(own, targets, seconds(30));
  ASSERT_TRUE(answers) << answers.error().message();
  ASSERT_EQ(answers->size(), 3U);
  for (const auto& answer : *answers) {
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->seen_at, (*answers)[0]->seen_at) << "one socket for all";
    EXPECT_EQ(answer->seen_at.ip, targets[0].address.ip);
    EXPECT_GT(answer->round_trip.count(), 0);
  }
  for (const auto& relay : relays) {
    EXPECT_TRUE(relay->snapshot()->members.empty());
    EXPECT_EQ(relay->snapshot()->counters.questions, 1U);
  }
}

TEST(Probe, EndsWhenToldToStop) {
  const UniqueFd stop(::eventfd(1, EFD_CLOEXEC));
  const std::vector<ProbeTarget> nobody{
      {.key = wg::PrivateKey::generate().public_key(), .address = {.ip = *IpAddress::parse("127.0.0.1"), .port = 9}}};
  const auto answers = probe(wg::PrivateKey::generate(), nobody, seconds(600), stop.get());
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().kind(), ErrorKind::kInterrupted);
}

TEST(Probe, OfNobodyIsOverAtOnce) {
  const auto answers = probe(wg::PrivateKey::generate(), {}, seconds(600));
  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->empty());
}

}  // namespace
}  // namespace innernet::relay
