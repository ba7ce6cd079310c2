#include "port_control.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <vector>

#include "router_epoch.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    std::uint8_t byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    bytes.push_back(byte);
  }
  return bytes;
}

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

constexpr PcpNonce kNonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
constexpr MappingRequest kRequest{.port = 51820, .outside_port = 51820, .lifetime = 7200s};
const IpAddress kLocal = ip("192.168.2.3");

// A header (24 bytes) and what MAP adds (36), as a router answers to kRequest: 203.0.113.7:40001 for 3600 s, 100 s after its start.
const std::vector<std::uint8_t> kPcpGranted =
    hex("02 81 00 00 00000e10 00000064 000000000000000000000000"
        "0102030405060708090a0b0c 11 000000 ca6c 9c41 00000000000000000000ffffcb007107");

std::vector<std::uint8_t> with(std::vector<std::uint8_t> bytes, std::size_t at, std::uint8_t value) {
  bytes[at] = value;
  return bytes;
}

TEST(Pcp, MapRequestIsAsInTheStandard) {
  const auto bytes = encode_pcp_map(kLocal, kRequest, kNonce);
  EXPECT_EQ(std::vector(bytes.begin(), bytes.end()), hex("02 01 0000 00001c20 00000000000000000000ffffc0a80203"
                                                         "0102030405060708090a0b0c 11 000000 ca6c ca6c 00000000000000000000ffff00000000"));
  const auto v6 = encode_pcp_map(ip("2003::5"), kRequest, kNonce);
  EXPECT_EQ(std::vector(v6.begin(), v6.end()), hex("02 01 0000 00001c20 20030000000000000000000000000005"
                                                   "0102030405060708090a0b0c 11 000000 ca6c ca6c 00000000000000000000000000000000"));
}

TEST(Pcp, AGrantIsRead) {
  const auto answer = decode_pcp_map(kPcpGranted, kLocal, kRequest, kNonce);
  EXPECT_EQ(answer.kind, RouterAnswer::kGranted);
  EXPECT_EQ(answer.grant, (MappingGrant{.outside = {ip("203.0.113.7"), 40001}, .lifetime = 3600s, .epoch = 100}));
}

TEST(Pcp, WhatAnswersSomethingElseIsPassedOver) {
  struct Case {
    std::string_view why;
    std::vector<std::uint8_t> packet;
  };
  const std::vector<Case> cases{
      {"nothing", {}},
      {"a request", with(kPcpGranted, 1, 0x01)},
      {"another opcode", with(kPcpGranted, 1, 0x82)},
      {"another version, though the result is not that", with(kPcpGranted, 0, 1)},
      {"somebody else's nonce", with(kPcpGranted, 30, 99)},
      {"TCP", with(kPcpGranted, 36, 6)},
      {"another port", with(kPcpGranted, 41, 0)},
      {"no outside port", with(with(kPcpGranted, 42, 0), 43, 0)},
      {"an IPv6 address for an IPv4 one", with(kPcpGranted, 44, 0x20)},
  };
  for (const Case& c : cases) EXPECT_EQ(decode_pcp_map(c.packet, kLocal, kRequest, kNonce).kind, RouterAnswer::kOther) << c.why;
  for (std::size_t length = 0; length < kPcpGranted.size(); ++length) {
    const std::vector<std::uint8_t> cut(kPcpGranted.begin(), kPcpGranted.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(decode_pcp_map(cut, kLocal, kRequest, kNonce).kind, RouterAnswer::kOther) << length;
  }
}

TEST(Pcp, ARefusalAndAnotherVersionAreTold) {
  const auto refused = decode_pcp_map(with(kPcpGranted, 3, 2), kLocal, kRequest, kNonce);
  EXPECT_EQ(refused.kind, RouterAnswer::kRefused);
  EXPECT_EQ(refused.result, 2);
  // What a router that knows NAT-PMP alone says (RFC 6886, 3.5).
  EXPECT_EQ(decode_pcp_map(hex("00 81 0001 00000064"), kLocal, kRequest, kNonce).kind, RouterAnswer::kOtherVersion);
}

TEST(Pcp, AWithdrawalIsGrantedWithoutAPort) {
  const MappingRequest withdrawal{.port = 51820, .outside_port = 40001, .lifetime = 0s};
  EXPECT_EQ(decode_pcp_map(with(with(kPcpGranted, 42, 0), 43, 0), kLocal, withdrawal, kNonce).kind, RouterAnswer::kGranted);
}

TEST(NatPmp, RequestsAreAsInTheStandard) {
  const auto map = encode_nat_pmp_map({.port = 51820, .outside_port = 40001, .lifetime = 7200s});
  EXPECT_EQ(std::vector(map.begin(), map.end()), hex("00 01 0000 ca6c 9c41 00001c20"));
  const auto withdrawal = encode_nat_pmp_map({.port = 51820, .outside_port = 40001, .lifetime = 0s});
  EXPECT_EQ(std::vector(withdrawal.begin(), withdrawal.end()), hex("00 01 0000 ca6c 0000 00000000"));
}

TEST(NatPmp, AnswersAreRead) {
  const auto address = decode_nat_pmp_address(hex("00 80 0000 00000064 cb007107"));
  EXPECT_EQ(address.kind, RouterAnswer::kGranted);
  EXPECT_EQ(address.outside, ip("203.0.113.7"));
  EXPECT_EQ(address.epoch, 100);
  const auto map = decode_nat_pmp_map(hex("00 81 0000 00000064 ca6c 9c41 00000e10"), kRequest);
  EXPECT_EQ(map.kind, RouterAnswer::kGranted);
  EXPECT_EQ(map.grant, (MappingGrant{.outside = {IpAddress(), 40001}, .lifetime = 3600s, .epoch = 100}));
  EXPECT_EQ(decode_nat_pmp_map(hex("00 81 0002 00000064"), kRequest).kind, RouterAnswer::kRefused);
  EXPECT_EQ(decode_nat_pmp_map(hex("02 81 0001 00000000 00000064"), kRequest).kind, RouterAnswer::kOtherVersion);
}

// libnatpmp takes two bytes for a mapping, with what its stack holds.
TEST(NatPmp, WhatIsCutOrAnswersSomethingElseIsPassedOver) {
  for (const std::string_view text :
       {"", "00", "00 81", "00 81 0000 00000064", "00 81 0000 00000064 ca6c 9c41 00000e", "00 82 0000 00000064 ca6c 9c41 00000e10",
        "00 81 0000 00000064 ca6d 9c41 00000e10", "00 81 0000 00000064 ca6c 0000 00000e10", "00 01 0000 00000064 ca6c 9c41 00000e10"})
    EXPECT_EQ(decode_nat_pmp_map(hex(text), kRequest).kind, RouterAnswer::kOther) << text;
  for (const std::string_view text : {"", "00 80", "00 80 0000 00000064 cb0071", "00 00 0000 00000064 cb007107"})
    EXPECT_EQ(decode_nat_pmp_address(hex(text)).kind, RouterAnswer::kOther) << text;
}

TEST(Announcement, IsReadInEitherProtocol) {
  EXPECT_EQ(decode_announcement(hex("00 80 0000 00000005 cb007107")), (RouterAnnouncement{.epoch = 5, .outside = ip("203.0.113.7")}));
  EXPECT_EQ(decode_announcement(hex("02 80 0000 00000000 00000005 000000000000000000000000")), RouterAnnouncement{.epoch = 5});
  for (const std::string_view text : {"", "00 81 0000 00000005 cb007107", "02 00 0000 00000000 00000005 000000000000000000000000"})
    EXPECT_EQ(decode_announcement(hex(text)), std::nullopt) << text;
}

TEST(RouterEpoch, TellsARouterThatHasLostItsMappings) {
  struct Case {
    std::uint32_t before, now;
    std::chrono::seconds between;
    bool lost;
  };
  for (const auto& [before, now, between, lost] : {
           Case{1000, 1600, 600s, false},
           Case{1000, 1000, 0s, false},
           Case{1000, 999, 0s, false},     // rounding
           Case{1000, 998, 0s, true},      // back
           Case{1000, 5, 600s, true},      // started anew
           Case{1000, 1570, 600s, false},  // a clock that is a little off
           Case{1000, 1500, 600s, true},   // too slow: its clock was set back by a start in between
           Case{1000, 1700, 600s, true},
           Case{0, 4'294'967'295, 1s, true},
       })
    EXPECT_EQ(has_lost_mappings({.seconds = before, .seen = BootTime(1h)}, {.seconds = now, .seen = BootTime(1h + between)}), lost)
        << before << " to " << now;
}

}  // namespace
}  // namespace innernet::client
