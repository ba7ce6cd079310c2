#include "icmp_echo.hpp"

#include <gtest/gtest.h>

#include <string>

#include "innernet/client/round_trip.hpp"
#include "innernet/client/stop.hpp"

namespace innernet::client {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr EchoNonce kNonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

Bytes reply_to(IpFamily family, std::uint16_t sequence) {
  Bytes packet = echo_request(family, 0x1234, sequence, kNonce);
  packet[0] = family == IpFamily::kV4 ? 0 : 129;
  return packet;
}

TEST(IcmpEcho, RequestIsAsInTheRfc) {
  const Bytes packet = echo_request(IpFamily::kV4, 0x1234, 7, kNonce);
  ASSERT_EQ(packet.size(), 24U);
  EXPECT_EQ(Bytes(packet.begin(), packet.begin() + 2), (Bytes{8, 0}));
  EXPECT_EQ(Bytes(packet.begin() + 4, packet.begin() + 8), (Bytes{0x12, 0x34, 0, 7}));
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < packet.size(); i += 2) sum += static_cast<std::uint32_t>(packet[i] << 8U | packet[i + 1]);
  EXPECT_EQ((sum & 0xffffU) + (sum >> 16U), 0xffffU) << "RFC 1071: with its checksum, the sum is all ones";
  EXPECT_EQ(echo_request(IpFamily::kV6, 0, 0, kNonce)[0], 128);
}

TEST(IcmpEcho, ReplyIsFoundWithAndWithoutAnIpHeader) {
  EXPECT_EQ(sequence_of_reply(IpFamily::kV4, reply_to(IpFamily::kV4, 258), kNonce), 258);
  EXPECT_EQ(sequence_of_reply(IpFamily::kV6, reply_to(IpFamily::kV6, 3), kNonce), 3);
  for (const std::size_t words : {5U, 6U, 15U}) {
    Bytes packet(words * 4);
    packet[0] = static_cast<std::uint8_t>(0x40U | words);
    const Bytes reply = reply_to(IpFamily::kV4, 9);
    packet.insert(packet.end(), reply.begin(), reply.end());
    EXPECT_EQ(sequence_of_reply(IpFamily::kV4, packet, kNonce), 9) << words;
  }
}

TEST(IcmpEcho, WhatIsNoReplyToUsIsNone) {
  const Bytes reply = reply_to(IpFamily::kV4, 1);
  for (std::size_t length = 0; length < reply.size(); ++length)
    EXPECT_FALSE(sequence_of_reply(IpFamily::kV4, std::span(reply).first(length), kNonce)) << length;
  for (const std::size_t at : {0U, 1U, 8U, 23U}) {
    Bytes other = reply;
    other[at] ^= 0x20U;
    EXPECT_FALSE(sequence_of_reply(IpFamily::kV4, other, kNonce)) << at;
  }
  Bytes longer = reply;
  longer.push_back(0);
  EXPECT_FALSE(sequence_of_reply(IpFamily::kV4, longer, kNonce));
  EXPECT_FALSE(sequence_of_reply(IpFamily::kV6, reply, kNonce)) << "of the other family";
  EXPECT_FALSE(sequence_of_reply(IpFamily::kV4, echo_request(IpFamily::kV4, 1, 1, kNonce), kNonce)) << "the request itself";
  const Bytes header_alone{0x4f, 0, 0, 0};
  EXPECT_FALSE(sequence_of_reply(IpFamily::kV4, header_alone, kNonce));
}

TEST(RoundTrip, OfAnInterfaceThatIsNotThereIsNotKnown) {
  const std::vector<IpAddress> peers{*IpAddress::parse("10.66.0.1"), *IpAddress::parse("fd00::1")};
  const Stop stop = *Stop::create();
  EXPECT_TRUE(round_trips(*InterfaceName::parse("nowhere0"), peers, std::chrono::minutes(1), stop).empty()) << "and nobody is waited for";
}

}  // namespace
}  // namespace innernet::client
