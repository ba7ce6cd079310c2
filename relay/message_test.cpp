#include "message.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::relay {
namespace {

std::vector<std::uint8_t> message(std::uint8_t type, std::size_t size) {
  std::vector<std::uint8_t> out(size);
  for (std::size_t i = 4; i < size; ++i) out[i] = static_cast<std::uint8_t>(i);
  out[0] = type;
  return out;
}

TEST(Message, IsKnownByItsTypeAndSize) {
  struct Case {
    std::uint8_t type;
    std::size_t size;
    bool is_message;
  };
  for (const auto& [type, size, is_message] : std::initializer_list<Case>{{1, 148, true},
                                                                          {1, 147, false},
                                                                          {1, 149, false},
                                                                          {2, 92, true},
                                                                          {2, 91, false},
                                                                          {2, 93, false},
                                                                          {3, 64, true},
                                                                          {3, 63, false},
                                                                          {3, 65, false},
                                                                          {4, 32, true},
                                                                          {4, 31, false},
                                                                          {4, 33, true},
                                                                          {4, 1452, true},
                                                                          {0, 148, false},
                                                                          {5, 148, false},
                                                                          {255, 92, false}}) {
    EXPECT_EQ(parse_message(message(type, size)).has_value(), is_message) << int{type} << " of " << size;
  }
  EXPECT_FALSE(parse_message({}));
}

TEST(Message, HasThreeZeroBytesBehindItsType) {
  for (std::size_t at = 1; at < 4; ++at) {
    auto bytes = message(4, 32);
    bytes[at] = 1;
    EXPECT_FALSE(parse_message(bytes)) << at;
  }
}

TEST(Message, IsReadAtTheRightPlaces) {
  const auto first = message(1, kInitiationSize);
  const auto initiation = std::get<Initiation>(*parse_message(first));
  EXPECT_EQ(initiation.sender, 0x07060504U);
  EXPECT_EQ(initiation.ephemeral.data(), &first[8]);
  EXPECT_EQ(initiation.static_key.data(), &first[40]);
  EXPECT_EQ(initiation.timestamp.data(), &first[88]);
  EXPECT_EQ(initiation.macs.mac1.data(), &first[116]);
  EXPECT_EQ(initiation.macs.covered_by_mac1.size(), 116U);
  EXPECT_EQ(initiation.macs.mac2.data(), &first[132]);
  EXPECT_EQ(initiation.macs.covered_by_mac2.size(), 132U);

  const auto second = message(2, kResponseSize);
  const auto response = std::get<Response>(*parse_message(second));
  EXPECT_EQ(response.sender, 0x07060504U);
  EXPECT_EQ(response.receiver, 0x0B0A0908U);

  const auto third = message(3, kCookieReplySize);
  EXPECT_EQ(std::get<CookieReply>(*parse_message(third)).receiver, 0x07060504U);

  const auto fourth = message(4, 48);
  const auto data = std::get<Data>(*parse_message(fourth));
  EXPECT_EQ(data.receiver, 0x07060504U);
  EXPECT_EQ(data.counter, 0x0F0E0D0C0B0A0908U);
  EXPECT_EQ(data.payload.data(), &fourth[16]);
  EXPECT_EQ(data.payload.size(), 32U);
}

}  // namespace
}  // namespace innernet::relay
