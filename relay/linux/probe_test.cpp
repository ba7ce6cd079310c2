#include "innernet/relay/probe.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "innernet/base/unique_fd.hpp"
#include "innernet/relay/relay.hpp"

namespace innernet::relay {
namespace {

using std::chrono::seconds;

struct Relays {
  wg::PrivateKey own = wg::PrivateKey::generate();
  std::vector<std::unique_ptr<Relay>> relays;
  std::vector<ProbeTarget> targets;

  explicit Relays(int count) {
    for (int i = 0; i < count; ++i) {
      auto relay = Relay::start(wg::PrivateKey::generate(), {});
      if (!relay) std::abort();
      (*relay)->set_membership(
          std::make_shared<const Membership>(std::vector<Member>{{.key = own.public_key()}}, std::vector<GroupPair>{}));
      targets.push_back({.key = (*relay)->public_key(), .address = {.ip = *IpAddress::parse("127.0.0.1"), .port = (*relay)->port()}});
      relays.push_back(*std::move(relay));
    }
  }
};

TEST(Probe, AsksRelays) {
  const Relays world(3);
  const auto answers = probe(world.own, world.targets, seconds(30));
  ASSERT_TRUE(answers) << answers.error().message();
  ASSERT_EQ(answers->size(), 3U);
  for (const auto& answer : *answers) {
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->seen_at, (*answers)[0]->seen_at) << "one socket for all";
    EXPECT_EQ(answer->seen_at.ip, world.targets[0].address.ip);
    EXPECT_GT(answer->round_trip.count(), 0);
  }
  for (const auto& relay : world.relays) {
    EXPECT_TRUE(relay->snapshot()->members.empty());
    EXPECT_EQ(relay->snapshot()->counters.questions, 1U);
  }
}

TEST(Probe, MeasuresThePathAndItself) {
  const Relays world(2);
  auto one = Prober::open(), other = Prober::open();
  ASSERT_TRUE(one && other);
  const auto targets = std::span(world.targets);
  const auto of_one = one->ask(world.own, targets.first(1), seconds(30), -1, Prober::Path::kMeasured);
  ASSERT_TRUE(of_one && (*of_one)[0]);
  EXPECT_EQ((*of_one)[0]->path_mtu, 1500U);
  const auto of_other = other->ask(world.own, targets.last(1), seconds(30));
  ASSERT_TRUE(of_other && (*of_other)[0]);
  EXPECT_EQ((*of_other)[0]->path_mtu, std::nullopt);
  EXPECT_NE((*of_one)[0]->seen_at, (*of_other)[0]->seen_at);
  EXPECT_TRUE(Prober::reach_each_other(*one, (*of_one)[0]->seen_at, *other, (*of_other)[0]->seen_at, seconds(10)));
  const SocketAddress nobody{.ip = targets[0].address.ip, .port = 9};
  EXPECT_FALSE(Prober::reach_each_other(*one, nobody, *other, nobody, std::chrono::milliseconds(30)));
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
