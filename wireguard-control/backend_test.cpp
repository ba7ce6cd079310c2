#include "innernet/wireguard/backend.hpp"

#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>

#include <cerrno>

#include "innernet/testing/scripted_transport.hpp"
#include "linux/fake_kernel.hpp"
#include "linux/kernel_backend.hpp"
#include "sample_peers.hpp"

namespace innernet::wg {
namespace {

using innernet::testing::Datagram;
using innernet::testing::Exchange;
using netlink::Message;

const InterfaceName& wg0() {
  static const InterfaceName name = *InterfaceName::parse("wg0");
  return name;
}

// The kernel's backend on a fake kernel behind the socket seam.
class KernelSeam : public ::testing::Test {
 protected:
  void SetUp() override {
    exchange_->on_send = [this](const Datagram& bytes) { answer(bytes); };
  }

  void acknowledge(std::uint32_t sequence, std::int32_t code) {
    Message message(NLMSG_ERROR, NLM_F_CAPPED);
    message.put_header(nlmsgerr{.error = code, .msg = {}});
    queue(message.finish(sequence));
  }

  void queue(netlink::Bytes bytes) { exchange_->answers.emplace_back(Datagram(bytes.begin(), bytes.end())); }

  void answer(const Datagram& bytes) {
    netlink::MessageReader reader(bytes);
    const auto request = *reader.next();
    if (request.type == GENL_ID_CTRL) {
      if (!has_wireguard_) return acknowledge(request.sequence, -ENOENT);
      Message family(GENL_ID_CTRL);
      family.put_header(genlmsghdr{});
      family.put_u16(CTRL_ATTR_FAMILY_ID, FakeKernel::kFamily);
      queue(family.finish(request.sequence));
      return acknowledge(request.sequence, 0);
    }
    if (refusal_ != 0) return acknowledge(request.sequence, -refusal_);
    if (request.header<genlmsghdr>()->cmd == WG_CMD_SET_DEVICE) {
      ++set_messages_;
      return acknowledge(request.sequence, kernel_.set(bytes) ? 0 : -EINVAL);
    }
    for (auto& part : kernel_.dump(request.sequence, 8'192)) {
      if (interruptions_ > 0 && --interruptions_ >= 0) part[offsetof(nlmsghdr, nlmsg_flags)] |= NLM_F_DUMP_INTR;
      exchange_->answers.emplace_back(std::move(part));
    }
    Message done(NLMSG_DONE, NLM_F_MULTI);
    done.put_header(std::int32_t{0});
    queue(done.finish(request.sequence));
  }

  std::shared_ptr<Exchange> exchange_ = std::make_shared<Exchange>();
  FakeKernel kernel_{wg0()};
  std::unique_ptr<Backend> backend_ = kernel_backend_over(innernet::testing::open_scripted(exchange_));
  bool has_wireguard_ = true;
  int refusal_ = 0;
  int interruptions_ = 0;
  int set_messages_ = 0;
};

TEST_F(KernelSeam, EmptyUpdateSendsNothing) {
  ASSERT_TRUE(backend_->apply(wg0(), DeviceUpdate{}));
  EXPECT_TRUE(exchange_->sent.empty());
}

TEST_F(KernelSeam, OneChangeAmongAThousandPeersIsOneSetMessage) {
  ASSERT_TRUE(backend_->apply(wg0(), sample_device(1'000)));
  set_messages_ = 0;
  DeviceUpdate change;
  change.peers.push_back(sample_peer(500));
  change.peers.back().persistent_keepalive = 77;
  ASSERT_TRUE(backend_->apply(wg0(), change));
  EXPECT_EQ(set_messages_, 1);
  EXPECT_EQ(kernel_.device().peers[500].persistent_keepalive, 77);
}

TEST_F(KernelSeam, ReadsBackWhatItSet) {
  for (const std::uint32_t peers : {0U, 1U, 1'000U, 10'000U}) {
    DeviceUpdate update = sample_device(peers);
    update.listen_port = 51820;
    ASSERT_TRUE(backend_->apply(wg0(), update));
    const auto device = backend_->get(wg0());
    ASSERT_TRUE(device) << device.error().message();
    EXPECT_TRUE(same_settings(*device, expected_device(wg0(), update)));
  }
}

TEST_F(KernelSeam, ReadsAgainWhenTheDeviceChangesMeanwhile) {
  ASSERT_TRUE(backend_->apply(wg0(), sample_device(1'000)));
  interruptions_ = 3;
  const auto device = backend_->get(wg0());
  ASSERT_TRUE(device) << device.error().message();
  EXPECT_EQ(device->peers.size(), 1'000U);
}

TEST_F(KernelSeam, SaysWhatIsMissing) {
  const struct {
    int code;
    ErrorKind kind;
    const char* words;
  } cases[] = {
      {ENODEV, ErrorKind::kNotFound, "wg0"},
      {EOPNOTSUPP, ErrorKind::kNotFound, "not WireGuard"},
      {EPERM, ErrorKind::kPermission, "setcap cap_net_admin+eip"},
      {EINVAL, ErrorKind::kSystem, "wg0"},
      {EADDRINUSE, ErrorKind::kSystem, "51821"},
  };
  DeviceUpdate update = sample_device(1);
  update.listen_port = 51'821;
  for (const auto& c : cases) {
    refusal_ = c.code;
    const auto applied = backend_->apply(wg0(), update);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().kind(), c.kind);
    EXPECT_NE(applied.error().message().find(c.words), std::string::npos) << applied.error().message();
    EXPECT_FALSE(backend_->get(wg0()));
  }
  refusal_ = 0;
  has_wireguard_ = false;
  EXPECT_EQ(backend_->get(wg0()).error().kind(), ErrorKind::kUnsupported);
  EXPECT_EQ(backend_->apply(wg0(), update).error().kind(), ErrorKind::kUnsupported);
}

TEST(BackendKind, HasTwoNames) {
  EXPECT_EQ(*parse_backend_kind("kernel"), BackendKind::kKernel);
  EXPECT_EQ(*parse_backend_kind("userspace"), BackendKind::kUserspace);
  for (const char* text : {"", "Kernel", "kernel ", "wireguard-go"}) {
    const auto kind = parse_backend_kind(text);
    ASSERT_FALSE(kind);
    EXPECT_EQ(kind.error().kind(), ErrorKind::kInvalidInput);
  }
}

TEST(ChooseBackend, TakesTheOneThatWasAskedFor) {
  const auto no_notice = [](std::string_view) { FAIL(); };
  EXPECT_EQ(choose_backend(BackendKind::kKernel, wg0(), no_notice)->kind(), BackendKind::kKernel);
  EXPECT_EQ(choose_backend(BackendKind::kUserspace, wg0(), no_notice)->kind(), BackendKind::kUserspace);
}

}  // namespace
}  // namespace innernet::wg
