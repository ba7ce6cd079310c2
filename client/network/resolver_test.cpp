#include "innernet/client/resolver.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "innernet/testing/fake_clock.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;

TEST(Resolver, KnowsLiteralsWithoutALookUp) {
  Resolver resolver([](const std::string&) -> std::vector<IpAddress> { std::abort(); });
  const innernet::testing::FakeClock clock;
  const Endpoint literal = endpoint("[2001:db8::1]:7");
  resolver.look_up({&literal, 1}, clock, nullptr);
  EXPECT_EQ(resolver.address(literal), address("[2001:db8::1]:7"));
}

TEST(Resolver, HasAllAddressesOfANameInTheirOrder) {
  Resolver resolver([](const std::string&) { return std::vector{ip("2001:db8::1"), ip("192.0.2.1")}; });
  const Endpoint name = endpoint("vpn.example.com:7");
  resolver.look_up({&name, 1}, innernet::testing::FakeClock(), nullptr);
  EXPECT_EQ(resolver.addresses(name), (std::vector{address("[2001:db8::1]:7"), address("192.0.2.1:7")}));
  EXPECT_EQ(resolver.address(name), address("[2001:db8::1]:7"));
  EXPECT_EQ(resolver.addresses(endpoint("192.0.2.9:9")), std::vector{address("192.0.2.9:9")});
  EXPECT_TRUE(resolver.addresses(endpoint("other.example.com:7")).empty());
}

TEST(Resolver, KeepsTheLastGoodAddressAndBacksOff) {
  std::atomic<bool> works = true;
  std::atomic<int> asked = 0;
  Resolver resolver([&](const std::string&) {
    ++asked;
    return works ? std::vector{ip("192.0.2.1")} : std::vector<IpAddress>();
  });
  innernet::testing::FakeClock clock;
  const Endpoint name = endpoint("vpn.example.com:7");
  EXPECT_EQ(resolver.address(name), std::nullopt);
  resolver.look_up({&name, 1}, clock, nullptr);
  EXPECT_EQ(resolver.address(name), address("192.0.2.1:7"));
  works = false;
  resolver.look_up({&name, 1}, clock, nullptr);
  EXPECT_EQ(resolver.address(name), address("192.0.2.1:7"));
  EXPECT_EQ(asked, 2);
  clock.advance(14s);
  resolver.look_up({&name, 1}, clock, nullptr);
  EXPECT_EQ(asked, 2) << "not again so soon";
  resolver.forget_failures();
  resolver.look_up({&name, 1}, clock, nullptr);
  EXPECT_EQ(asked, 3);
}

TEST(Resolver, AsksAtOnceForANameThatCantBeDoneWithoutAndForOthersWhenOneIsBack) {
  std::atomic<bool> works = false;
  std::atomic<int> asked = 0;
  Resolver resolver([&](const std::string&) {
    ++asked;
    return works ? std::vector{ip("192.0.2.1")} : std::vector<IpAddress>();
  });
  const innernet::testing::FakeClock clock;
  const std::vector names{endpoint("vpn.example.com:7"), endpoint("bob.example.com:7")};
  resolver.look_up(names, clock, nullptr);
  resolver.look_up(names, clock, nullptr);
  EXPECT_EQ(asked, 2);
  resolver.forget_failures_of(names[0]);
  resolver.look_up(names, clock, nullptr);
  EXPECT_EQ(asked, 3) << "the other one waits";
  works = true;
  resolver.forget_failures_of(names[0]);
  resolver.look_up(names, clock, nullptr);
  EXPECT_EQ(asked, 4);
  resolver.look_up({&names[1], 1}, clock, nullptr);
  EXPECT_EQ(resolver.address(names[1]), address("192.0.2.1:7")) << "what was away is back";
}

TEST(Resolver, ForgetsNamesThatNobodyHasWantedForLong) {
  Resolver resolver([](const std::string&) { return std::vector{ip("192.0.2.1")}; });
  innernet::testing::FakeClock clock;
  const Endpoint first = endpoint("first.example.com:7"), kept = endpoint("kept.example.com:7");
  resolver.look_up({&first, 1}, clock, nullptr);
  int n = 0;
  for (int round = 0; round < 20; ++round) {
    clock.advance(60s);
    std::vector<Endpoint> names{kept};
    while (names.size() < 256) names.push_back(endpoint(fmt::format("n{}.example.com:7", ++n)));
    resolver.look_up(names, clock, nullptr, 60s);
    EXPECT_EQ(resolver.address(names.back()), address("192.0.2.1:7"));
  }
  EXPECT_EQ(resolver.address(first), std::nullopt);
  EXPECT_EQ(resolver.address(endpoint("n1.example.com:7")), std::nullopt);
  EXPECT_EQ(resolver.address(kept), address("192.0.2.1:7")) << "it was wanted each time";
}

TEST(Resolver, OneDeadNameHoldsUpNoOther) {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  Resolver resolver([&](const std::string& name) -> std::vector<IpAddress> {
    if (name != "dead.example") return {ip("192.0.2.1")};
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return released; });
    return {};
  });
  const innernet::testing::FakeClock clock;
  const std::vector names{endpoint("dead.example:1"), endpoint("live.example:1")};
  resolver.look_up(names, clock, nullptr, 500ms);
  EXPECT_EQ(resolver.address(names[1]), address("192.0.2.1:1"));
  // It is late now, and no round waits for it again: this returns although it is still stuck.
  resolver.look_up({names.data(), 1}, clock, nullptr, 24h);
  {
    const std::lock_guard lock(mutex);
    released = true;
  }
  changed.notify_all();
  // The thread uses this frame: wait for it by asking until it has answered.
  while (resolver.is_busy()) std::this_thread::yield();
}

TEST(Resolver, UsesAtMostEightThreads) {
  std::atomic<int> running = 0, most = 0, done = 0;
  Resolver resolver([&](const std::string&) -> std::vector<IpAddress> {
    int now = ++running;
    for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
    }
    std::this_thread::yield();
    --running;
    ++done;
    return {ip("192.0.2.1")};
  });
  std::vector<Endpoint> names;
  for (int i = 0; i < 200; ++i) names.push_back(endpoint(fmt::format("n{}.example:1", i)));
  resolver.look_up(names, innernet::testing::FakeClock(), nullptr, 60s);
  EXPECT_EQ(done, 200);
  EXPECT_LE(most, 8);
  while (resolver.is_busy()) std::this_thread::yield();
}

}  // namespace
}  // namespace innernet::client
