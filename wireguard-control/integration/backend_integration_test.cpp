#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "innernet/netlink/route.hpp"
#include "innernet/wireguard/backend.hpp"
#include "integration/sandbox.hpp"
#include "sample_peers.hpp"

namespace innernet::wg {
namespace {

#define ASSERT_OK(result) ASSERT_TRUE(result) << (result).error().message()

const InterfaceName& device_name() {
  static const InterfaceName name = *InterfaceName::parse("intest0");
  return name;
}

class RealBackend : public ::testing::Test {
 protected:
  void TearDown() override { static_cast<void>(backend_->remove(device_name())); }

  std::unique_ptr<Backend> backend_ = tested_backend() == BackendKind::kKernel ? kernel_backend() : userspace_backend();
};

TEST_F(RealBackend, CreatesAnEmptyDeviceThatIsDown) {
  ASSERT_OK(backend_->create(device_name()));
  const auto device = backend_->get(device_name());
  ASSERT_OK(device);
  EXPECT_EQ(device->name, device_name());
  EXPECT_FALSE(device->private_key);
  EXPECT_FALSE(device->public_key);
  EXPECT_TRUE(device->peers.empty());
  const auto link = netlink::find_link(device_name());
  ASSERT_OK(link);
  ASSERT_TRUE(*link);
  EXPECT_FALSE((*link)->is_up);
}

TEST_F(RealBackend, ReportsAThousandPeersAsTheyWereSet) {
  ASSERT_OK(backend_->create(device_name()));
  DeviceUpdate update = sample_device(1'000);
  update.listen_port = 51'999;
  update.fwmark = 0x1234;
  ASSERT_OK(backend_->apply(device_name(), update));
  const auto device = backend_->get(device_name());
  ASSERT_OK(device);
  EXPECT_TRUE(same_settings(*device, expected_device(device_name(), update)));
  for (const Peer& peer : device->peers) {
    EXPECT_FALSE(peer.last_handshake);
    EXPECT_EQ(peer.received_bytes, 0U);
  }
}

TEST_F(RealBackend, ReportsAPeerWithManyAllowedIpsOnce) {
  ASSERT_OK(backend_->create(device_name()));
  DeviceUpdate update = sample_device(3);
  for (std::uint32_t number = 0; number < 5'000; ++number) {
    update.peers[1].allowed_ips.push_back(IpNet::host(*IpAddress::parse("10.8.0.0")->plus(number)));
    update.peers[1].allowed_ips.push_back(IpNet::host(*IpAddress::parse("fd08::")->plus(number)));
  }
  ASSERT_OK(backend_->apply(device_name(), update));
  const auto device = backend_->get(device_name());
  ASSERT_OK(device);
  Device expected = expected_device(device_name(), update);
  expected.listen_port = device->listen_port;
  EXPECT_TRUE(same_settings(*device, expected));
}

TEST_F(RealBackend, ChangesOnePeerAndLeavesTheOthers) {
  ASSERT_OK(backend_->create(device_name()));
  DeviceUpdate all = sample_device(1'000);
  all.listen_port = 51'999;
  ASSERT_OK(backend_->apply(device_name(), all));

  PeerUpdate change{.public_key = sample_key(500)};
  change.update_only = true;
  change.endpoint = SocketAddress{*IpAddress::parse("2001:db8:ffff::1"), 7};
  PeerUpdate removal{.public_key = sample_key(501)};
  removal.remove = true;
  PeerUpdate nobody = sample_peer(70'000);
  nobody.update_only = true;
  PeerUpdate unknown{.public_key = sample_key(70'001)};
  unknown.remove = true;
  DeviceUpdate update;
  update.peers = {change, removal, nobody, unknown};
  ASSERT_OK(backend_->apply(device_name(), update));

  all.peers[500].endpoint = change.endpoint;
  all.peers.erase(all.peers.begin() + 501);
  const auto device = backend_->get(device_name());
  ASSERT_OK(device);
  EXPECT_TRUE(same_settings(*device, expected_device(device_name(), all)));
}

TEST_F(RealBackend, TakesAnEmptyUpdateAndOneThatOnlyReplacesPeers) {
  ASSERT_OK(backend_->create(device_name()));
  ASSERT_OK(backend_->apply(device_name(), sample_device(5)));
  ASSERT_OK(backend_->apply(device_name(), DeviceUpdate{}));
  EXPECT_EQ(backend_->get(device_name())->peers.size(), 5U);
  DeviceUpdate nobody;
  nobody.replace_peers = true;
  ASSERT_OK(backend_->apply(device_name(), nobody));
  EXPECT_TRUE(backend_->get(device_name())->peers.empty());
}

TEST_F(RealBackend, CanBeCreatedAgainAsSoonAsItIsRemoved) {
  for (int round = 0; round < 5; ++round) {
    ASSERT_OK(backend_->create(device_name()));
    ASSERT_OK(backend_->apply(device_name(), sample_device(100)));
    ASSERT_OK(backend_->remove(device_name()));
    EXPECT_FALSE(*netlink::find_link(device_name()));
  }
}

TEST_F(RealBackend, SaysWhatIsThereAndWhatIsNot) {
  EXPECT_EQ(backend_->get(device_name()).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(backend_->apply(device_name(), sample_device(1)).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(backend_->remove(device_name()).error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(*netlink::find_link(device_name())) << "an update never creates an interface";
  EXPECT_TRUE(backend_->list()->empty());

  ASSERT_OK(backend_->create(device_name()));
  EXPECT_EQ(backend_->create(device_name()).error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(*backend_->list(), std::vector{device_name()});
  EXPECT_EQ(choose_backend(std::nullopt, device_name(), nullptr)->kind(), tested_backend()) << "the one that runs it";
  const auto found = list_interfaces(std::nullopt);
  ASSERT_OK(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().name, device_name());
  EXPECT_EQ(found->front().backend, tested_backend());
}

TEST_F(RealBackend, LeavesOtherLinksAlone) {
  ASSERT_OK(netlink::create_link(device_name(), "veth"));
  EXPECT_EQ(backend_->create(device_name()).error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(backend_->remove(device_name()).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(backend_->get(device_name()).error().kind(), ErrorKind::kNotFound);
  EXPECT_TRUE(backend_->list()->empty());
  EXPECT_TRUE(*netlink::find_link(device_name()));
  ASSERT_OK(netlink::delete_link(device_name()));
}

TEST_F(RealBackend, NamesAPortThatIsInUse) {
  const UniqueFd other(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(51'777);
  ASSERT_EQ(::bind(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_OK(backend_->create(device_name()));
  ASSERT_OK(backend_->apply(device_name(), sample_device(1)));
  ASSERT_OK(netlink::set_link_up(device_name(), 1'280));
  // A userspace implementation hears of the link's state a moment later, and opens its port only then.
  while (backend_->get(device_name())->listen_port == 0) {
  }
  DeviceUpdate update;
  update.listen_port = 51'777;
  const auto applied = backend_->apply(device_name(), update);
  ASSERT_FALSE(applied);
  EXPECT_NE(applied.error().message().find("51777"), std::string::npos) << applied.error().message();
}

}  // namespace
}  // namespace innernet::wg
