#include "kernel_message.hpp"

#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <sys/socket.h>

#include <set>

#include "fake_kernel.hpp"
#include "sample_peers.hpp"

namespace innernet::wg {
namespace {

using netlink::Message;

const InterfaceName& wg0() {
  static const InterfaceName name = *InterfaceName::parse("wg0");
  return name;
}

PeerUpdate peer_with_many_ips(std::uint32_t number, std::uint32_t allowed_ips) {
  PeerUpdate peer = sample_peer(number);
  for (std::uint32_t i = 0; i < allowed_ips; ++i)
    peer.allowed_ips.push_back(IpNet::host(i % 2 == 0 ? *IpAddress::parse("10.64.0.0")->plus(i) : *IpAddress::parse("fd64::")->plus(i)));
  return peer;
}

// Sends all to a fake kernel.
void apply(FakeKernel& kernel, std::vector<Message> messages, std::size_t message_size) {
  for (Message& message : messages) {
    EXPECT_TRUE(message.well_formed());
    EXPECT_LE(message.size(), message_size);
    ASSERT_TRUE(kernel.set(message.finish(1)));
  }
}

netlink::Outcome<Device> decode(const std::vector<std::vector<std::uint8_t>>& datagrams) {
  DeviceDump dump(wg0());
  for (const auto& datagram : datagrams) {
    netlink::MessageReader messages(datagram);
    while (const auto message = messages.next()) TRY_VOID(dump.add(*message));
    EXPECT_TRUE(messages.well_formed());
  }
  return std::move(dump).take();
}

TEST(SetDevice, EmptyUpdateIsNoMessage) { EXPECT_TRUE(encode_set_device(FakeKernel::kFamily, wg0(), DeviceUpdate{}).empty()); }

TEST(SetDevice, OneChangeAmongAThousandPeersIsOneMessage) {
  FakeKernel kernel(wg0());
  DeviceUpdate all = sample_device(1'000);
  apply(kernel, encode_set_device(FakeKernel::kFamily, wg0(), all), kSetMessageSize);
  DeviceUpdate change;
  change.peers.push_back(PeerUpdate{.public_key = sample_key(500)});
  change.peers.back().update_only = true;
  change.peers.back().endpoint = SocketAddress{sample_v6(1), 1};
  auto messages = encode_set_device(FakeKernel::kFamily, wg0(), change);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_LT(messages.front().size(), 150U);
  apply(kernel, std::move(messages), kSetMessageSize);
  all.peers[500].endpoint = SocketAddress{sample_v6(1), 1};
  EXPECT_TRUE(same_settings(kernel.device(), expected_device(wg0(), all)));
}

TEST(SetDevice, AnyUpdateInAnySizeOfMessageArrivesWhole) {
  for (const std::size_t message_size : {512U, 600U, 1'000U, 4'096U, 8'192U, 16'384U, 65'535U}) {
    for (const std::uint32_t peers : {0U, 1U, 2U, 7U, 100U, 1'000U}) {
      if (peers == 1'000 && message_size != 600 && message_size != kSetMessageSize) continue;
      DeviceUpdate update = sample_device(peers);
      update.listen_port = 51820;
      update.fwmark = 0xCAFE;
      if (peers == 7) update.peers[3] = peer_with_many_ips(3, 5'000);
      if (peers == 7) update.peers[6] = peer_with_many_ips(6, 300);
      FakeKernel kernel(wg0());
      kernel.device().peers.push_back(Peer{.public_key = sample_key(9'999'999)});  // to be replaced
      apply(kernel, encode_set_device(FakeKernel::kFamily, wg0(), update, message_size), message_size);
      EXPECT_TRUE(same_settings(kernel.device(), expected_device(wg0(), update))) << peers << " peers in messages of " << message_size;
    }
  }
}

TEST(SetDevice, TenThousandPeersTakeMessagesInProportion) {
  const DeviceUpdate update = sample_device(10'000);
  FakeKernel kernel(wg0());
  auto messages = encode_set_device(FakeKernel::kFamily, wg0(), update);
  std::size_t bytes = 0;
  for (const Message& message : messages) bytes += message.size();
  EXPECT_LE(messages.size(), bytes / kSetMessageSize * 102 / 100 + 1) << "all but the last are full";
  apply(kernel, std::move(messages), kSetMessageSize);
  EXPECT_TRUE(same_settings(kernel.device(), expected_device(wg0(), update)));
}

TEST(SetDevice, DeviceSettingsAreInTheFirstMessageOnly) {
  DeviceUpdate update = sample_device(100);
  update.listen_port = 0;
  update.fwmark = 0;
  auto messages = encode_set_device(FakeKernel::kFamily, wg0(), update, 1'000);
  ASSERT_GT(messages.size(), 2U);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    netlink::MessageReader reader(messages[i].finish(1));
    netlink::AttributeReader attributes = reader.next()->attributes_after(sizeof(genlmsghdr));
    std::vector<std::uint16_t> types;
    while (const auto attribute = attributes.next()) types.push_back(attribute->type);
    if (i == 0)
      EXPECT_EQ(types, (std::vector<std::uint16_t>{WGDEVICE_A_IFNAME, WGDEVICE_A_PRIVATE_KEY, WGDEVICE_A_LISTEN_PORT, WGDEVICE_A_FWMARK,
                                                   WGDEVICE_A_FLAGS, WGDEVICE_A_PEERS}));
    else
      EXPECT_EQ(types, (std::vector<std::uint16_t>{WGDEVICE_A_IFNAME, WGDEVICE_A_PEERS}));
  }
}

TEST(SetDevice, RemovalsAndUpdatesCreateNobody) {
  FakeKernel kernel(wg0());
  apply(kernel, encode_set_device(FakeKernel::kFamily, wg0(), sample_device(3)), kSetMessageSize);
  DeviceUpdate update;
  for (const std::uint32_t number : {1U, 50U}) {
    update.peers.push_back(peer_with_many_ips(number, 1'000));
    update.peers.back().remove = true;
  }
  update.peers.push_back(peer_with_many_ips(60, 1'000));  // split, so that its continuation could create it
  update.peers.back().update_only = true;
  apply(kernel, encode_set_device(FakeKernel::kFamily, wg0(), update, 1'000), 1'000);
  ASSERT_EQ(kernel.device().peers.size(), 2U);
  EXPECT_EQ(kernel.device().peers[0].public_key, sample_key(0));
  EXPECT_EQ(kernel.device().peers[1].public_key, sample_key(2));
}

TEST(SetDevice, WithoutReplacementAllowedIpsAreAdded) {
  FakeKernel kernel(wg0());
  apply(kernel, encode_set_device(FakeKernel::kFamily, wg0(), sample_device(1)), kSetMessageSize);
  DeviceUpdate update;
  update.peers.push_back(PeerUpdate{.public_key = sample_key(0)});
  update.peers.back().allowed_ips.push_back(*IpNet::parse("192.0.2.0/24"));
  update.peers.back().persistent_keepalive = 0;
  apply(kernel, encode_set_device(FakeKernel::kFamily, wg0(), update), kSetMessageSize);
  EXPECT_EQ(kernel.device().peers[0].allowed_ips.size(), 3U);
  EXPECT_TRUE(kernel.device().peers[0].endpoint) << "what is not set stays";
}

TEST(DeviceDump, ReadsAnySplitOfADevice) {
  FakeKernel kernel(wg0());
  DeviceUpdate update = sample_device(300);
  update.peers[7] = peer_with_many_ips(7, 5'000);
  update.listen_port = 51820;
  apply(kernel, encode_set_device(FakeKernel::kFamily, wg0(), update, 65'535), 65'535);
  kernel.device().peers[3].last_handshake = WallTime(std::chrono::nanoseconds(1'700'000'000'123'456'789));
  kernel.device().peers[3].received_bytes = 1ULL << 40U;
  kernel.device().peers[3].sent_bytes = 7;
  for (const std::size_t message_size : {600U, 4'096U, 8'192U, 32'768U}) {
    for (const std::size_t peers_per_list : {std::size_t{1}, std::size_t{3}, std::size_t{100'000}}) {
      const auto device = decode(kernel.dump(1, message_size, peers_per_list));
      ASSERT_TRUE(device) << device.error().text;
      ASSERT_EQ(device->peers.size(), 300U) << "each key once";
      EXPECT_TRUE(same_settings(*device, kernel.device()));
      EXPECT_EQ(device->peers[3].last_handshake, kernel.device().peers[3].last_handshake);
      EXPECT_EQ(device->peers[3].received_bytes, 1ULL << 40U);
      EXPECT_EQ(device->peers[3].sent_bytes, 7U);
      EXPECT_FALSE(device->peers[4].last_handshake) << "zero is never, not 1970";
      EXPECT_TRUE(std::ranges::equal(device->peers, kernel.device().peers, {}, &Peer::public_key, &Peer::public_key))
          << "in the device's order";
    }
  }
}

TEST(DeviceDump, KeysOfZerosAreNone) {
  Message message(FakeKernel::kFamily);
  message.put_header(genlmsghdr{});
  const std::vector<std::uint8_t> zeros(kKeySize);
  message.put(WGDEVICE_A_PRIVATE_KEY, zeros);
  message.put(WGDEVICE_A_PUBLIC_KEY, zeros);
  const std::size_t peers = message.begin_nested(WGDEVICE_A_PEERS);
  const std::size_t peer = message.begin_nested(0);
  message.put(WGPEER_A_PUBLIC_KEY, sample_key(1).bytes());
  message.put(WGPEER_A_PRESHARED_KEY, zeros);
  message.end_nested(peer);
  message.end_nested(peers);
  const auto bytes = message.finish(1);
  const auto device = decode({{bytes.begin(), bytes.end()}});
  EXPECT_FALSE(device->private_key);
  EXPECT_FALSE(device->public_key);
  EXPECT_FALSE(device->peers.front().preshared_key);
}

TEST(DeviceDump, CutOffAtAnyLengthIsAnErrorOrEndsBetweenAttributes) {
  FakeKernel kernel(wg0());
  apply(kernel, encode_set_device(FakeKernel::kFamily, wg0(), sample_device(4)), kSetMessageSize);
  const auto datagram = kernel.dump(1, 32'768).front();
  const netlink::Bytes payload = netlink::MessageReader(datagram).next()->payload;
  // A cut behind a whole attribute, or in the padding behind it, can't be told from a shorter message.
  std::set<std::size_t> ends = {sizeof(genlmsghdr)};
  std::size_t place = sizeof(genlmsghdr);
  netlink::AttributeReader attributes(payload.subspan(place));
  while (const auto attribute = attributes.next()) {
    const std::size_t end = place + sizeof(nlattr) + attribute->payload.size();
    for (place = end; place % NLA_ALIGNTO != 0; ++place) ends.insert(place);
    ends.insert(place);
  }
  ASSERT_EQ(place, payload.size());
  for (std::size_t length = 0; length < payload.size(); ++length) {
    const std::vector<std::uint8_t> cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(length));
    DeviceDump dump(wg0());
    EXPECT_EQ(dump.add({.type = FakeKernel::kFamily, .flags = 0, .sequence = 1, .payload = cut}).has_value(), ends.contains(length))
        << length;
  }
}

TEST(DeviceDump, RefusesWhatNoKernelSays) {
  const auto add = [](const std::function<void(Message&)>& fill) {
    Message message(FakeKernel::kFamily);
    message.put_header(genlmsghdr{});
    const std::size_t peers = message.begin_nested(WGDEVICE_A_PEERS);
    const std::size_t peer = message.begin_nested(0);
    fill(message);
    message.end_nested(peer);
    message.end_nested(peers);
    const auto bytes = message.finish(1);
    return decode({{bytes.begin(), bytes.end()}});
  };
  const auto allowed = [](Message& message, std::uint16_t family, std::string_view address, std::uint8_t prefix) {
    message.put(WGPEER_A_PUBLIC_KEY, sample_key(1).bytes());
    const std::size_t list = message.begin_nested(WGPEER_A_ALLOWEDIPS);
    const std::size_t one = message.begin_nested(0);
    message.put_u16(WGALLOWEDIP_A_FAMILY, family);
    message.put(WGALLOWEDIP_A_IPADDR, IpAddress::parse(address)->bytes());
    message.put_u8(WGALLOWEDIP_A_CIDR_MASK, prefix);
    message.end_nested(one);
    message.end_nested(list);
  };
  EXPECT_FALSE(add([](Message&) {})) << "no key";
  EXPECT_FALSE(add([](Message& message) { message.put_u32(WGPEER_A_PUBLIC_KEY, 1); })) << "a short key";
  EXPECT_FALSE(add([&](Message& message) { allowed(message, AF_INET, "10.0.0.0", 33); }));
  EXPECT_FALSE(add([&](Message& message) { allowed(message, AF_INET6, "10.0.0.0", 8); }));
  EXPECT_FALSE(add([&](Message& message) { allowed(message, 77, "10.0.0.0", 8); }));
  EXPECT_TRUE(add([&](Message& message) { allowed(message, AF_INET6, "fd00::", 128); }));
  EXPECT_TRUE(add([](Message& message) {
    message.put(WGPEER_A_PUBLIC_KEY, sample_key(1).bytes());
    message.put_u32(WGPEER_A_ENDPOINT, 1);  // no address that we know
    const std::int64_t beyond[2] = {std::numeric_limits<std::int64_t>::max(), 0};
    message.put_value(WGPEER_A_LAST_HANDSHAKE_TIME, beyond);
  })) << "a device with one odd peer can still be read";
}

}  // namespace
}  // namespace innernet::wg
