#include "noise.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "data_message.hpp"
#include "hex.hpp"
#include "mac.hpp"
#include "test_peer.hpp"

namespace innernet::relay {
namespace {

std::array<std::uint8_t, 32> counting_from(std::uint8_t first) {
  std::array<std::uint8_t, 32> out;
  std::iota(out.begin(), out.end(), first);
  return out;
}

// The keys in the recordings: the relay's is 00 01 … 1f, the initiator's 40 41 … 5f, the response's ephemeral one 21 22 … 40.
const OwnKey kOwn(wg::PrivateKey::from_bytes(counting_from(0)));
const wg::PublicKey kInitiator = wg::PrivateKey::from_bytes(counting_from(0x40)).public_key();
constexpr std::uint32_t kOwnIndex = 0x11223344;

// An initiation, and the keepalive with which its sender began the session after our response, both as a socket at the endpoint got them:
// `wg set wg0 private-key … peer … endpoint 127.0.0.1:4444 persistent-keepalive 25`.
struct Recording {
  const char* implementation;
  const char* initiation;
  const char* timestamp;
  const char* response;
  const char* keepalive;
};

constexpr Recording kRecordings[] = {{"wireguard-go 0.0.20220316",
                                      "01000000fbc276154353d2599e10e19107dbd8673394ae3d90b5cae4b411ac745b08e08ee3b76c66cd2f52fd9df467019f1a"
                                      "9b60900770e9ebe8f8dc1656fb2e7733ae"
                                      "cba3c8cc94339aaeb1fc92cc4c6401c70f8b1e894dfa54c5d418dbff39af41216eb815c0d539955855c8d9125a628eee99ee"
                                      "9f0aab03eec25e137667aa7ab789ed0000"
                                      "0000000000000000000000000000",
                                      "400000006b0c9a4026000000",
                                      "0200000044332211fbc276155869aff450549732cbaaed5e5df9b30a6da31cb0e5742bad5ad4a1a768f1a67b8424af1fea4f"
                                      "f87b31955d0cdd917f12ad05d41b5f59a2"
                                      "489c0211d3923e5e9400000000000000000000000000000000",
                                      "040000004433221100000000000000001fea9bbc1c5f035ff469c5ee85690952"},
                                     {"Linux 6.1",
                                      "010000006b126f9ea774f5c3a03b9e9f3926691a24ebdb2760ebbd6af0880458f99348c45f9ef850af5f7cb8c3fe1ef816a0"
                                      "73c507988efeb37fcd956450bc08c77871"
                                      "f35b49152eaa0f4878645b4e10e72fbf3a5650db0c24d13d6cab551dd8dc69b54f54dc94fb87a66fec98974fdf9f442346c0"
                                      "254b9d7fc5385485de95f1adbfba490000"
                                      "0000000000000000000000000000",
                                      "400000006b0c9a9b28000000",
                                      "02000000443322116b126f9e5869aff450549732cbaaed5e5df9b30a6da31cb0e5742bad5ad4a1a768f1a67b3441844ffbd5"
                                      "91b8e765f9e690e502e638863a4bbb3d0e"
                                      "3afca522b67ae4a8e000000000000000000000000000000000",
                                      "04000000443322110000000000000000366524ee5044ac8e430a98b575eccc7c"}};

template <class Part>
Part parsed(ByteView bytes) {
  return std::get<Part>(*parse_message(bytes));
}

TEST(Noise, DoesTheHandshakesThatWereRecorded) {
  for (const Recording& recording : kRecordings) {
    SCOPED_TRACE(recording.implementation);
    const auto bytes = unhex(recording.initiation);
    const auto initiation = parsed<Initiation>(bytes);
    EXPECT_TRUE(same_mac(mac(mac1_key(kOwn.public_key()), initiation.macs.covered_by_mac1), initiation.macs.mac1));
    const auto opened = open_initiation(kOwn, initiation);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->initiator, kInitiator);
    EXPECT_EQ(hex(opened->timestamp), recording.timestamp);

    const auto answered = answer(*opened, counting_from(0x21), kOwnIndex);
    ASSERT_TRUE(answered);
    EXPECT_EQ(hex(answered->response), recording.response);

    const auto keepalive = unhex(recording.keepalive);
    EXPECT_TRUE(open_data(answered->receive_key.reveal(), parsed<Data>(keepalive), {}));
    for (std::size_t at = 8; at < keepalive.size(); ++at) {
      auto forged = keepalive;
      forged[at] ^= 1;
      EXPECT_FALSE(open_data(answered->receive_key.reveal(), parsed<Data>(forged), {})) << at;
    }
  }
}

TEST(Noise, OpensNoInitiationThatWasTouched) {
  const auto bytes = unhex(kRecordings[0].initiation);
  for (std::size_t at = 8; at < 116; ++at) {
    auto forged = bytes;
    forged[at] ^= 0x40;
    EXPECT_FALSE(open_initiation(kOwn, parsed<Initiation>(forged))) << at;
  }
}

TEST(Noise, OpensNoInitiationToSomebodyElse) {
  const auto bytes = unhex(kRecordings[0].initiation);
  EXPECT_FALSE(open_initiation(OwnKey(wg::PrivateKey::from_bytes(counting_from(1))), parsed<Initiation>(bytes)));
}

TEST(Noise, AgreesOnNothingWithAPointOfLowOrder) {
  auto bytes = unhex(kRecordings[0].initiation);
  std::fill(bytes.begin() + 8, bytes.begin() + 40, std::uint8_t{0});
  EXPECT_FALSE(open_initiation(kOwn, parsed<Initiation>(bytes)));
  auto opened = *open_initiation(kOwn, parsed<Initiation>(unhex(kRecordings[0].initiation)));
  opened.initiator = wg::PublicKey();
  EXPECT_FALSE(answer(opened, counting_from(0x21), kOwnIndex));
}

TEST(Noise, AnswersAsAnInitiatorExpects) {
  TestPeer peer(1);
  const auto bytes = peer.initiate(kOwn.public_key(), 77);
  const auto opened = open_initiation(kOwn, parsed<Initiation>(bytes));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->initiator, peer.key());
  EXPECT_EQ(opened->sender, 77U);
  const auto answered = answer(*opened, counting_from(0x21), kOwnIndex);
  ASSERT_TRUE(answered);
  EXPECT_EQ(parsed<Response>(answered->response).receiver, 77U);
  EXPECT_EQ(parsed<Response>(answered->response).sender, kOwnIndex);
  ASSERT_TRUE(peer.accept(answered->response));
  for (int i = 0; i < 3; ++i) {
    const auto keepalive = peer.keepalive();
    EXPECT_TRUE(open_data(answered->receive_key.reveal(), parsed<Data>(keepalive), {})) << i;
  }
}

}  // namespace
}  // namespace innernet::relay
