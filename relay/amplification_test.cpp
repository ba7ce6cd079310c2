// What anybody can make the relay send: for each packet at most one, never a larger one, and only to where somebody has shown to be, or
// back.
#include <gtest/gtest.h>

#include <map>

#include "engine_world.hpp"

namespace innernet::relay {
namespace {

const SocketAddress kA = address(1), kB = address(2), kC = address(3), kVictim = address(66);
constexpr std::uint32_t kAIndex = 0xA1, kBIndex = 0xB1, kVictimIndex = 0xC1;

class Amplification : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.enlist(0, kA));
    ASSERT_TRUE(world_.enlist(1, kB));
    ASSERT_TRUE(world_.enlist(2, kC));
    ASSERT_TRUE(world_.send(kA, world_.peers[0].initiate(world_.peers[1].key(), kAIndex)));
    ASSERT_TRUE(world_.send(kB, response(kBIndex, kAIndex)));
    ASSERT_TRUE(world_.send(kA, data(kBIndex)));
    for (const SocketAddress& member : {kA, kB, kC}) spoken_[member] = 1'000'000'000;
  }

  // As whoever can write any source address into a packet.
  void say(const SocketAddress& from, const Bytes& bytes) {
    const auto sent = world_.send(from, bytes);
    spoken_[from] += bytes.size();
    ++said_;
    if (!sent) return;
    ++heard_;
    EXPECT_LE(sent->bytes.size(), bytes.size());
    heard_bytes_[sent->to] += sent->bytes.size();
    EXPECT_LE(heard_bytes_[sent->to], spoken_[sent->to]) << sent->to.to_string() << " was sent more than it said";
  }

  // As it is, again, with each byte changed, cut everywhere, and longer.
  void say_in_all_ways(const SocketAddress& from, const Bytes& bytes) {
    for (int i = 0; i < 3; ++i) say(from, bytes);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      Bytes other = bytes;
      other[at] ^= 0x21;
      say(from, other);
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
      say(from, Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    Bytes longer = bytes;
    longer.push_back(0);
    say(from, longer);
  }

  // As a program that asks, in a session of its own.
  void ask_in_all_ways(const SocketAddress& from) {
    world_.pass(std::chrono::seconds(2));
    const Bytes initiation = world_.hello(3);
    const auto answer = world_.send(from, initiation);
    ASSERT_TRUE(answer);
    spoken_[from] += initiation.size();
    heard_bytes_[from] += answer->bytes.size();
    ++heard_;
    ASSERT_TRUE(world_.peers[3].accept(answer->bytes));
    const std::uint64_t before = world_.counters().questions;
    for (const std::size_t size : {kLeastQuestion, std::size_t{100}, kLargestQuestion})
      say_in_all_ways(from, world_.peers[3].question(size));
    EXPECT_EQ(world_.counters().questions, before + 3) << "not the forged ones, nor the same again";
    for (const SocketAddress& other : {kA, kVictim})
      if (other != from) say_in_all_ways(other, world_.peers[3].question(300));
    EXPECT_EQ(world_.counters().questions, before + 3);
  }

  World world_{unlimited()};  // limits would only hide something
  std::map<SocketAddress, std::size_t> spoken_, heard_bytes_;
  std::uint64_t said_ = 0, heard_ = 0;
};

TEST_F(Amplification, IsOneForAnyPacketFromAnywhere) {
  for (const SocketAddress& from : {kA, kB, kC, kVictim}) {
    SCOPED_TRACE(from.to_string());
    world_.pass(std::chrono::seconds(2));
    say_in_all_ways(from, world_.hello(0));
    say_in_all_ways(from, world_.hello(3));
    say_in_all_ways(from, world_.peers[0].initiate(world_.peers[1].key(), kVictimIndex));
    say_in_all_ways(from, world_.peers[3].initiate(world_.peers[2].key(), kVictimIndex));
    say_in_all_ways(from, hollow_initiation(world_.peers[1].key(), 9));
    for (const std::uint32_t index : {kAIndex, kBIndex, kVictimIndex, 9U}) {
      say_in_all_ways(from, response(kBIndex + 1, index));
      say_in_all_ways(from, cookie_reply(index));
      say_in_all_ways(from, data(index, 300));
    }
    say_in_all_ways(from, world_.peers[0].keepalive());
    say_in_all_ways(from, world_.peers[0].question(100));
    ask_in_all_ways(from);
    for (int type = 0; type < 256; ++type) say(from, Bytes(148, static_cast<std::uint8_t>(type)));
  }
  EXPECT_EQ(world_.counters().questions, 12U);
  EXPECT_GT(heard_, 100U) << "too little for this to say anything";
  EXPECT_EQ(world_.counters().passed_on + world_.counters().handshakes + world_.counters().cookie_replies + world_.counters().questions,
            heard_ + 3 + 3);
}

// Somebody who is a member, or knows its index by chance, and a stranger's address that says nothing: it gets the answers to what was said
// in its name, and no data.
TEST_F(Amplification, IsBelowOneForAnAddressThatSaysNothing) {
  std::size_t in_its_name = 0, to_it = 0;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const Bytes initiation = hollow_initiation(world_.peers[1].key(), 100 + i);
    in_its_name += initiation.size();
    world_.send(kVictim, initiation);
    for (int again = 0; again < 5; ++again) {
      for (const Bytes& bytes : {response(200 + i, 100 + i), cookie_reply(100 + i), data(100 + i, 1400)}) {
        const auto sent = world_.send(kB, bytes);
        if (!sent) continue;
        EXPECT_EQ(sent->to, kVictim);
        to_it += sent->bytes.size();
      }
    }
  }
  EXPECT_GT(to_it, 0U);
  EXPECT_LE(to_it, 20 * (kResponseSize + 5 * kCookieReplySize));
  EXPECT_LT(to_it, in_its_name);
}

TEST_F(Amplification, StopsThreeMinutesAfterTheLastHandshake) {
  world_.pass(std::chrono::seconds(180));
  world_.send(kA, data(kBIndex));
  for (const SocketAddress& from : {kA, kVictim}) {
    EXPECT_EQ(world_.send(from, data(kBIndex)), std::nullopt);
    EXPECT_EQ(world_.send(from, hollow_initiation(world_.peers[1].key(), 9)), std::nullopt);
  }
}

}  // namespace
}  // namespace innernet::relay
