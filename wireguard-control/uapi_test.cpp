#include "uapi.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sample_peers.hpp"

namespace innernet::wg {
namespace {

const InterfaceName& wg0() {
  static const InterfaceName name = *InterfaceName::parse("wg0");
  return name;
}

constexpr std::string_view kKeyA = "b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33";
constexpr std::string_view kKeyB = "58402e695ba1772b1cc9309755f043251ea77fdcf10fbe63989ceb7e19321376";
constexpr std::string_view kZeros = "0000000000000000000000000000000000000000000000000000000000000000";

std::string line(std::string_view key, std::string_view value) { return std::string(key) + "=" + std::string(value) + "\n"; }

// As wireguard-go answers.
std::string sample_answer() {
  return line("private_key", "e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a") + line("listen_port", "12912") +
         line("fwmark", "51966") + line("public_key", kKeyA) +
         line("preshared_key", "188515093e952f5f22e865cef3012e72f8b5f0b598ac0309d5dacce3b70fcf52") + line("protocol_version", "1") +
         line("endpoint", "[abcd:23::33%2]:51820") + line("last_handshake_time_sec", "1700000000") + line("last_handshake_time_nsec", "5") +
         line("tx_bytes", "38333") + line("rx_bytes", "2224") + line("persistent_keepalive_interval", "25") +
         line("allowed_ip", "192.168.4.4/32") + line("allowed_ip", "fd00::/64") + line("public_key", kKeyB) +
         line("preshared_key", kZeros) + line("endpoint", "[::ffff:182.122.22.19]:3233") + line("last_handshake_time_sec", "0") +
         line("last_handshake_time_nsec", "0") + line("new_in_some_version", "a=b") + line("errno", "0") + "\n";
}

TEST(UapiGet, ReadsADeviceWithItsPeers) {
  const auto device = decode_uapi_get(wg0(), sample_answer());
  ASSERT_TRUE(device) << device.error().message();
  EXPECT_EQ(device->name, wg0());
  EXPECT_EQ(device->public_key, device->private_key->public_key());
  EXPECT_EQ(device->listen_port, 12912);
  EXPECT_EQ(device->fwmark, 51966U);
  ASSERT_EQ(device->peers.size(), 2U);
  const Peer& a = device->peers[0];
  EXPECT_EQ(a.public_key.to_hex(), kKeyA);
  EXPECT_TRUE(a.preshared_key);
  EXPECT_EQ(a.endpoint->to_string(), "[abcd:23::33]:51820") << "without its zone";
  EXPECT_EQ(a.last_handshake, WallTime(std::chrono::nanoseconds(1'700'000'000'000'000'005)));
  EXPECT_EQ(a.sent_bytes, 38333U);
  EXPECT_EQ(a.received_bytes, 2224U);
  EXPECT_EQ(a.persistent_keepalive, 25);
  ASSERT_EQ(a.allowed_ips.size(), 2U);
  EXPECT_EQ(a.allowed_ips[1].to_string(), "fd00::/64");
  const Peer& b = device->peers[1];
  EXPECT_FALSE(b.preshared_key) << "zeros are none";
  EXPECT_FALSE(b.last_handshake) << "zero is never, not 1970";
  EXPECT_EQ(b.endpoint->to_string(), "182.122.22.19:3233") << "IPv4 through an IPv6 socket";
}

TEST(UapiGet, ReadsAnEmptyDevice) {
  const auto device = decode_uapi_get(wg0(), "errno=0\n\n");
  ASSERT_TRUE(device);
  EXPECT_FALSE(device->private_key);
  EXPECT_TRUE(device->peers.empty());
  EXPECT_FALSE(decode_uapi_get(wg0(), line("private_key", kZeros) + "errno=0\n\n")->private_key);
}

TEST(UapiGet, TakesOnlyWholeZerosForNoPresharedKey) {
  const auto with = [](const std::string& key) {
    return decode_uapi_get(wg0(), line("public_key", kKeyA) + line("preshared_key", key) + "errno=0\n\n");
  };
  std::string almost(kZeros);
  almost.back() = '1';
  ASSERT_TRUE(with(almost));
  ASSERT_TRUE(with(almost)->peers.front().preshared_key);
  EXPECT_EQ(with(almost)->peers.front().preshared_key->secret().reveal()[31], 1);
  const std::string zeros(kZeros);
  for (const std::string& key : {std::string(), zeros.substr(1), zeros + "0", zeros.substr(1) + "g"}) EXPECT_FALSE(with(key)) << key.size();
}

TEST(UapiGet, CutOffAtAnyLengthIsAnError) {
  const std::string whole = sample_answer();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(decode_uapi_get(wg0(), std::string_view(cut.data(), cut.size()))) << length;
  }
}

// As a socket gives it: what a reader has left comes again, with the next piece behind it.
Result<Device> read_in_pieces(std::string_view answer, std::size_t first, std::size_t step) {
  UapiGetReader reader(wg0());
  std::size_t taken = 0;
  for (std::size_t end = first; taken < answer.size(); end = std::min(end + step, answer.size())) {
    TRY(const std::size_t more, reader.take(answer.substr(taken, end - taken)));
    taken += more;
    if (end == answer.size() && more == 0) break;
  }
  return std::move(reader).finish();
}

TEST(UapiGet, ReadsAnAnswerThatComesInPieces) {
  const std::string whole = sample_answer();
  for (std::size_t first = 0; first <= whole.size(); ++first) {
    const auto device = read_in_pieces(whole, first, whole.size());
    ASSERT_TRUE(device) << first << ": " << device.error().message();
    ASSERT_EQ(device->peers.size(), 2U) << first;
    ASSERT_EQ(device->peers[0].allowed_ips.size(), 2U) << first;
    ASSERT_EQ(device->peers[1].endpoint->to_string(), "182.122.22.19:3233") << first;
  }
  EXPECT_TRUE(read_in_pieces(whole, 0, 1));
  EXPECT_FALSE(read_in_pieces(whole + "x", 0, 1));
  EXPECT_FALSE(read_in_pieces(whole + whole, 0, 1));
  EXPECT_FALSE(read_in_pieces(whole.substr(0, whole.size() - 1), 0, 1));
}

TEST(UapiGet, RefusesWhatIsNotTheProtocol) {
  const std::string peer = line("public_key", kKeyA);
  const std::string end = "errno=0\n\n";
  const std::string cases[] = {
      "\n" + end,
      "=1\n" + end,
      "hello\n" + end,
      end + "x",
      end + end,
      "errno=\n\n",
      "errno=x\n\n",
      "errno=99999999999\n\n",
      "errno=-2147483648\n\n",
      "errno=0\nlisten_port=1\n\n",
      line("listen_port", "65536") + end,
      line("listen_port", "-1") + end,
      line("listen_port", "") + end,
      line("listen_port", " 1") + end,
      line("listen_port", "1x") + end,
      line("fwmark", "4294967296") + end,
      line("private_key", "abc") + end,
      line("private_key", std::string(64, 'g')) + end,
      line("public_key", std::string(kKeyA) + "00") + end,
      peer + peer + end,
      peer + line("public_key", kKeyB) + peer + end,
      peer + line("preshared_key", "1") + end,
      peer + line("endpoint", "1.2.3.4") + end,
      peer + line("endpoint", "1.2.3.4:65536") + end,
      peer + line("endpoint", "example.com:1") + end,
      peer + line("endpoint", ":1") + end,
      peer + line("endpoint", "[]:1") + end,
      peer + line("allowed_ip", "10.0.0.0/33") + end,
      peer + line("allowed_ip", "10.0.0.0") + end,
      peer + line("rx_bytes", "18446744073709551616") + end,
      peer + line("last_handshake_time_sec", "-1") + end,
      peer + line("last_handshake_time_sec", "9223372036854775807") + end,
      peer + line("last_handshake_time_nsec", "1000000000") + end,
      peer + line("persistent_keepalive_interval", "65536") + end,
  };
  for (const std::string& text : cases) {
    const auto device = decode_uapi_get(wg0(), text);
    ASSERT_FALSE(device) << text;
    EXPECT_EQ(device.error().kind(), ErrorKind::kSystem);
  }
}

TEST(UapiGet, NeverShowsAKeyInAnError) {
  const std::string secret = "e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027";
  for (const std::string& text : {line("private_key", secret) + "errno=0\n\n", "private_key" + secret + "\nerrno=0\n\n"}) {
    const auto device = decode_uapi_get(wg0(), text);
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().message().find("e84b5a6d"), std::string::npos) << device.error().message();
  }
}

TEST(UapiGet, ReportsTheErrorOfTheImplementation) {
  for (const char* text : {"errno=-5\n\n", "errno=5\n\n"}) {
    const auto device = decode_uapi_get(wg0(), text);
    ASSERT_FALSE(device);
    EXPECT_NE(device.error().message().find("Input/output error"), std::string::npos);
  }
}

TEST(UapiSet, AnswersAreAnErrnoAndNothingElse) {
  EXPECT_EQ(decode_uapi_set("errno=0\n\n")->code, 0);
  EXPECT_EQ(decode_uapi_set("errno=-98\n\n")->code, 98) << "wireguard-go negates it";
  EXPECT_EQ(decode_uapi_set("errno=98\n\n")->code, 98);
  for (const char* text : {"", "\n", "\n\n", "errno=0", "errno=0\n", "errno=0\n\n\n", "errno=0\n\nerrno=0\n\n", "x=0\n\n", "errno=a\n\n"})
    EXPECT_FALSE(decode_uapi_set(text)) << text;
}

TEST(UapiSet, SaysOnlyWhatChanges) {
  EXPECT_EQ(encode_uapi_set(DeviceUpdate{}), "set=1\n\n");
  DeviceUpdate update;
  update.private_key = PrivateKey::from_bytes(PublicKey::parse_hex(kKeyB)->bytes());
  update.listen_port = 0;
  update.fwmark = 7;
  update.replace_peers = true;
  PeerUpdate peer{.public_key = *PublicKey::parse_hex(kKeyA)};
  update.peers.push_back(peer);
  update.peers.front().remove = true;
  update.peers.front().allowed_ips.push_back(*IpNet::parse("10.0.0.0/8"));
  peer.update_only = true;
  peer.replace_allowed_ips = true;
  peer.preshared_key = PresharedKey::from_bytes(PublicKey::parse_hex(kKeyB)->bytes());
  peer.endpoint = SocketAddress{*IpAddress::parse("2001:db8::1"), 51820};
  peer.persistent_keepalive = 0;
  peer.allowed_ips = {*IpNet::parse("10.0.0.1/32"), *IpNet::parse("fd00::1/128")};
  update.peers.push_back(peer);
  const std::string expected = "set=1\n" + line("private_key", kKeyB) + "listen_port=0\nfwmark=7\nreplace_peers=true\n" +  //
                               line("public_key", kKeyA) + "remove=true\n" +                                               //
                               line("public_key", kKeyA) + "update_only=true\n" + line("preshared_key", kKeyB) +
                               "endpoint=[2001:db8::1]:51820\npersistent_keepalive_interval=0\nreplace_allowed_ips=true\n"
                               "allowed_ip=10.0.0.1/32\nallowed_ip=fd00::1/128\n\n";
  EXPECT_EQ(std::string_view(encode_uapi_set(update)), expected);
}

TEST(UapiSet, ComesBackAsADevice) {
  // A get answer uses the same lines, but for those that say how to change.
  DeviceUpdate update = sample_device(1'000);
  update.replace_peers = false;
  update.listen_port = 5;
  for (PeerUpdate& peer : update.peers) peer.replace_allowed_ips = false;
  WipedString text = encode_uapi_set(update);
  text.erase(0, std::string_view("set=1\n").size());
  text.insert(text.size() - 1, "errno=0\n");
  const auto device = decode_uapi_get(wg0(), text);
  ASSERT_TRUE(device) << device.error().message();
  EXPECT_TRUE(same_settings(*device, expected_device(wg0(), update)));
}

}  // namespace
}  // namespace innernet::wg
