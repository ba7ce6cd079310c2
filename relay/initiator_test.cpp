#include "initiator.hpp"

#include <gtest/gtest.h>

#include "data_message.hpp"
#include "hex.hpp"
#include "question.hpp"

namespace innernet::relay {
namespace {

const OwnKey kOwn(wg::PrivateKey::from_bytes(std::array<std::uint8_t, 32>{8, 1}));
const OwnKey kRelay(wg::PrivateKey::from_bytes(std::array<std::uint8_t, 32>{8, 2}));
constexpr std::array<std::uint8_t, 32> kEphemeral{16, 3}, kRelayEphemeral{16, 4};
constexpr Timestamp kTimestamp{0x40, 0, 7};

template <class Part>
Part parsed(ByteView bytes) {
  return std::get<Part>(*parse_message(bytes));
}

TEST(Initiator, DoesAHandshakeWithTheResponder) {
  const auto initiated = initiate(kOwn, kRelay.public_key(), kEphemeral, kTimestamp, 77);
  ASSERT_TRUE(initiated);
  EXPECT_EQ(initiated->sender(), 77U);
  const auto initiation = parsed<Initiation>(initiated->message);
  EXPECT_TRUE(same_mac(mac(mac1_key(kRelay.public_key()), initiation.macs.covered_by_mac1), initiation.macs.mac1));
  const auto opened = open_initiation(kRelay, initiation);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->initiator, kOwn.public_key());
  EXPECT_EQ(opened->timestamp, kTimestamp);
  const auto answered = answer(*opened, kRelayEphemeral, 99);
  ASSERT_TRUE(answered);

  const auto session = accept(kOwn, *initiated, answered->response);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->remote_index, 99U);
  EXPECT_EQ(hex(session->send_key.reveal()), hex(answered->receive_key.reveal()));
  EXPECT_EQ(hex(session->receive_key.reveal()), hex(answered->send_key.reveal()));
  EXPECT_NE(hex(session->receive_key.reveal()), hex(session->send_key.reveal()));
  for (std::size_t at = 0; at < kResponseSize; ++at) {
    if (at >= 76 || (at >= 4 && at < 8)) continue;  // mac2 is of no use in an answer, and any index but the covered one is as good
    auto forged = answered->response;
    forged[at] ^= 1;
    EXPECT_FALSE(accept(kOwn, *initiated, forged)) << at;
  }
  EXPECT_FALSE(accept(kOwn, *initiated, ByteView(answered->response).first(91)));
}

TEST(Initiator, AgreesOnNothingWithAPointOfLowOrder) { EXPECT_FALSE(initiate(kOwn, wg::PublicKey(), kEphemeral, kTimestamp, 1)); }

TEST(Initiator, ShowsACookie) {
  auto initiated = *initiate(kOwn, kRelay.public_key(), kEphemeral, kTimestamp, 77);
  const SocketAddress at{.ip = *IpAddress::parse("203.0.113.7"), .port = 5};
  CookieJar jar(kRelay.public_key());
  jar.renew(BootTime(), kEphemeral);
  const auto macs = parsed<Initiation>(initiated.message).macs;
  EXPECT_FALSE(jar.has_cookie(macs, at));
  const auto reply = jar.reply(77, macs, at, std::array<std::uint8_t, 24>{5});
  const auto cookie = open_cookie(initiated, reply);
  ASSERT_TRUE(cookie);
  put_cookie(initiated.message, *cookie);
  EXPECT_TRUE(jar.has_cookie(macs, at));
  for (std::size_t byte = 0; byte < reply.size(); ++byte) {
    auto forged = reply;
    forged[byte] ^= 1;
    EXPECT_FALSE(open_cookie(initiated, forged)) << byte;
  }
}

TEST(Initiator, LetsTheKernelsNextInitiationBeTheLaterOne) {
  struct Case {
    std::int64_t now;  // ns since 1970
    const char* timestamp;
  };
  constexpr std::int64_t kSecond = 1'000'000'000, kSlot = 1 << 24;
  static constexpr Case kCases[] = {
      {.now = kSecond + kSlot, .timestamp = "400000000000000b00ffffff"},
      {.now = kSecond + 2 * kSlot - 1, .timestamp = "400000000000000b00ffffff"},
      {.now = kSecond + 2 * kSlot, .timestamp = "400000000000000b01ffffff"},
      {.now = kSecond + kSlot - 1, .timestamp = "400000000000000a3b9ac9ff"},
      {.now = 1'764'493'200 * kSecond + 999'999'999, .timestamp = "40000000692c079a3affffff"},
  };
  for (const Case& one : kCases)
    EXPECT_EQ(hex(timestamp_before_the_kernels(WallTime(std::chrono::nanoseconds(one.now)))), one.timestamp) << one.now;
}

// ---- what a session carries ----

TEST(DataMessage, IsReadWithItsKeyAndCounter) {
  Key key(kEphemeral), other(kRelayEphemeral);
  std::vector<std::uint8_t> message(kLeastDataSize + 3);
  const std::vector<std::uint8_t> text{1, 2, 3};
  std::ranges::copy(text, text_of(message).begin());
  seal_data(message, key.reveal(), 0x01020304, 0x1122334455667788);
  EXPECT_EQ(hex(ByteView(message).first(16)), "04000000040302018877665544332211");
  const auto data = parsed<Data>(message);
  std::vector<std::uint8_t> read(3);
  EXPECT_TRUE(open_data(key.reveal(), data, read));
  EXPECT_EQ(read, text);
  EXPECT_FALSE(open_data(other.reveal(), data, read));
  EXPECT_FALSE(open_data(key.reveal(), data, std::span(read).first(2))) << "it is no empty one either";
  EXPECT_FALSE(open_data(key.reveal(), {.receiver = data.receiver, .counter = data.counter + 1, .payload = data.payload}, read));
}

TEST(QuestionText, HasAFixedFormat) {
  std::vector<std::uint8_t> text(22, 0xAA);
  put_question(text);
  EXPECT_EQ(hex(text), "01000000000000000000000000000000000000000000");
  EXPECT_TRUE(is_question(text));
  EXPECT_FALSE(parse_answer(text));

  const SocketAddress v4{.ip = *IpAddress::parse("203.0.113.7"), .port = 0x1234};
  put_answer(text, v4);
  EXPECT_EQ(hex(text), "02041234cb0071070000000000000000000000000000");
  EXPECT_EQ(parse_answer(text), v4);
  EXPECT_FALSE(is_question(text));
  const SocketAddress v6{.ip = *IpAddress::parse("2001:db8::1"), .port = 0xFFEE};
  put_answer(text, v6);
  EXPECT_EQ(hex(text), "0206ffee20010db80000000000000000000000010000");
  EXPECT_EQ(parse_answer(text), v6);

  text[1] = 5;
  EXPECT_FALSE(parse_answer(text));
  EXPECT_FALSE(parse_answer(ByteView(text).first(19)));
  EXPECT_FALSE(is_question(std::vector<std::uint8_t>(19, 1)));
}

}  // namespace
}  // namespace innernet::relay
