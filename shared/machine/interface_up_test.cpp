#include "innernet/machine/interface_up.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace innernet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const InterfaceName kName = *InterfaceName::parse("evilcorp");
const IpNet kAddress = *IpNet::parse("10.66.1.2/16");

// A machine: links with addresses and routes, and WireGuard on them. Records what was done, and fails what `failing` names.
class Machine final : public NetworkStack, public wg::Backend {
 public:
  std::vector<std::string> done;
  std::string failing;
  std::optional<Link> link;
  std::optional<wg::Device> device;  // none: this backend does not know the link
  std::vector<LinkAddress> addresses;
  bool routed = false;
  bool ends_when_asked = false;  // the link's implementation was told to end just now

  Result<void> act(const std::string& name, const std::string& what = "") {
    if (failing.find(name) != std::string::npos) return fail(ErrorKind::kSystem, name + " failed");
    done.push_back(what.empty() ? name : name + " " + what);
    return {};
  }

  Result<std::optional<Link>> find_link(const InterfaceName&) override {
    if (failing == "find_link") return fail(ErrorKind::kPermission, "find_link failed");
    return link;
  }
  Result<std::vector<Link>> list_links() override { return link ? std::vector{*link} : std::vector<Link>(); }
  Result<std::vector<LinkAddress>> list_addresses() override {
    if (failing == "list_addresses") return fail(ErrorKind::kSystem, "list_addresses failed");
    return addresses;
  }
  Result<void> set_address(const InterfaceName&, const IpNet& address) override { return act("address", address.to_string()); }
  Result<void> set_link_up(const InterfaceName&, std::uint32_t mtu) override { return act("up", std::to_string(mtu)); }
  Result<void> add_route(const InterfaceName&, const IpNet& network) override { return act("route", network.to_string()); }
  Result<bool> has_route(const InterfaceName&, const IpNet&) override { return routed; }

  wg::BackendKind kind() const override { return wg::BackendKind::kKernel; }
  Result<std::vector<InterfaceName>> list() override { return std::vector<InterfaceName>(); }
  Result<wg::Device> get(const InterfaceName&) override {
    if (failing == "get") return fail(ErrorKind::kPermission, "get failed");
    if (ends_when_asked) link.reset();
    if (!device) return fail(ErrorKind::kNotFound, "no such device");
    return *device;
  }
  Result<void> create(const InterfaceName&) override { return act("create"); }
  Result<void> apply(const InterfaceName&, const wg::DeviceUpdate&) override { return act("apply"); }
  Result<void> remove(const InterfaceName&) override { return act("remove"); }

  void has_link(LinkKind link_kind, bool up = true) { link = Link{.index = 7, .name = kName, .kind = link_kind, .is_up = up}; }
  void has_device(const wg::PrivateKey* key) {
    device = wg::Device{.name = kName, .private_key = {}, .public_key = {}, .peers = {}};
    if (key != nullptr) {
      device->private_key = *key;
      device->public_key = key->public_key();
    }
  }
};

class BringUp : public ::testing::Test {
 protected:
  Result<void> bring_up_with(const wg::PrivateKey* also_ours = nullptr) {
    wg::DeviceUpdate update;
    update.private_key = key_;
    return bring_up(machine_, kName, kAddress, update, options_, also_ours, machine_);
  }

  Machine machine_;
  NetworkOptions options_;
  const wg::PrivateKey key_ = wg::PrivateKey::generate();
  const wg::PrivateKey other_key_ = wg::PrivateKey::generate();
};

TEST_F(BringUp, MakesAndConfiguresTheInterfaceInThisOrder) {
  ASSERT_TRUE(bring_up_with());
  EXPECT_THAT(machine_.done, ElementsAre("create", "apply", "up 1280", "address 10.66.1.2/16", "route 10.66.0.0/16"));
}

TEST_F(BringUp, DoesAsTheOptionsSay) {
  options_.no_routing = true;
  options_.mtu = 1420;
  ASSERT_TRUE(bring_up_with());
  EXPECT_THAT(machine_.done, ElementsAre("create", "apply", "up 1420", "address 10.66.1.2/16"));
}

TEST_F(BringUp, RefusesAnMtuThatIpv6CanNotHave) {
  const auto with = [this](const char* address, std::uint32_t mtu) {
    options_.mtu = mtu;
    machine_.done.clear();
    return bring_up(machine_, kName, *IpNet::parse(address), {.private_key = key_}, options_, nullptr, machine_);
  };
  const auto refused = with("fd66::1:2/48", 1279);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_THAT(refused.error().message(), ::testing::AllOf(HasSubstr("--mtu 1279"), HasSubstr("fd66::/48"), HasSubstr("1280")));
  EXPECT_THAT(machine_.done, IsEmpty());
  EXPECT_TRUE(with("fd66::1:2/48", 1280));
  EXPECT_TRUE(with("10.66.1.2/16", 1200));
}

// A half-configured interface left by an earlier failure must not be believed by the next `up`.
TEST_F(BringUp, RemovesWhatItMadeWhenAStepFails) {
  for (const char* step : {"apply", "address", "up", "route"}) {
    machine_.done.clear();
    machine_.failing = step;
    const auto up = bring_up_with();
    ASSERT_FALSE(up) << step;
    EXPECT_THAT(up.error().message(), HasSubstr("bringing up interface \"evilcorp\": " + std::string(step) + " failed"));
    EXPECT_EQ(machine_.done.back(), "remove") << step;
  }
  machine_.failing = "create";
  machine_.done.clear();
  EXPECT_FALSE(bring_up_with());
  EXPECT_THAT(machine_.done, IsEmpty()) << "somebody else's link appeared meanwhile: not ours to remove";
}

TEST_F(BringUp, SaysSoWhenItCouldNotRemoveWhatItMade) {
  machine_.failing = "route remove";
  EXPECT_THAT(bring_up_with().error().message(), ::testing::AllOf(HasSubstr("route failed"), HasSubstr("remove failed")));
}

TEST_F(BringUp, RepairsAnInterfaceThatIsOursAndLeavesItWhenThatFails) {
  const struct {
    const char* why;
    LinkKind kind;
    const wg::PrivateKey* there;
  } cases[] = {{"our key", LinkKind::kWireguard, &key_},
               {"the invitation's key", LinkKind::kWireguard, &other_key_},
               {"no key", LinkKind::kWireguard, nullptr},
               {"our key, userspace", LinkKind::kTun, &key_}};
  for (const auto& c : cases) {
    machine_ = {};
    machine_.has_link(c.kind);
    machine_.has_device(c.there);
    EXPECT_TRUE(bring_up_with(&other_key_)) << c.why;
    EXPECT_THAT(machine_.done, ElementsAre("apply", "up 1280", "address 10.66.1.2/16", "route 10.66.0.0/16")) << c.why;
    machine_.failing = "route";
    machine_.done.clear();
    EXPECT_FALSE(bring_up_with(&other_key_)) << c.why;
    EXPECT_THAT(machine_.done, ElementsAre("apply", "up 1280", "address 10.66.1.2/16")) << c.why;
  }
}

TEST_F(BringUp, KnowsOurKeyByItsPublicHalfWhenThePrivateOneIsHidden) {
  machine_.has_link(LinkKind::kWireguard);
  machine_.has_device(&key_);
  machine_.device->private_key.reset();
  EXPECT_TRUE(bring_up_with());
  machine_.done.clear();
  machine_.device->public_key = other_key_.public_key();
  EXPECT_FALSE(bring_up_with());
  EXPECT_THAT(machine_.done, IsEmpty());
}

TEST_F(BringUp, RefusesSomebodyElsesInterfaceUntouched) {
  const struct {
    const char* why;
    LinkKind kind;
    bool has_device;
    const char* reason;
  } cases[] = {
      {"another kind", LinkKind::kOther, true, "not WireGuard's"},
      {"a TUN that nobody answers for", LinkKind::kTun, false, "not WireGuard's"},
      {"another key", LinkKind::kWireguard, true, "another private key"},
      {"another key, userspace", LinkKind::kTun, true, "another private key"},
  };
  for (const auto& c : cases) {
    machine_ = {};
    machine_.has_link(c.kind);
    if (c.has_device) machine_.has_device(&other_key_);
    const auto up = bring_up_with();
    ASSERT_FALSE(up) << c.why;
    EXPECT_EQ(up.error().kind(), ErrorKind::kAlreadyExists) << c.why;
    EXPECT_THAT(up.error().message(), HasSubstr(c.reason)) << c.why;
    EXPECT_THAT(machine_.done, IsEmpty()) << c.why;
  }
}

TEST_F(BringUp, MakesOneAnewInPlaceOfOneThatIsJustEnding) {
  machine_.ends_when_asked = true;
  machine_.has_link(LinkKind::kTun);
  const auto view = interface_status(machine_, kName, kAddress, key_, options_, machine_);
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(view->status, InterfaceStatus::kAbsent);
  machine_.has_link(LinkKind::kTun);
  const auto up = bring_up_with();
  ASSERT_TRUE(up) << up.error().message();
  EXPECT_EQ(machine_.done.front(), "create");
}

TEST_F(BringUp, PassesOnThatItMayNotLook) {
  machine_.failing = "find_link";
  EXPECT_EQ(bring_up_with().error().kind(), ErrorKind::kPermission);
  machine_.failing = "get";
  for (const LinkKind kind : {LinkKind::kWireguard, LinkKind::kTun}) {
    machine_.has_link(kind);
    EXPECT_EQ(bring_up_with().error().kind(), ErrorKind::kPermission);
  }
  EXPECT_THAT(machine_.done, IsEmpty());
}

// "The interface exists" is not "the interface is configured".
TEST_F(BringUp, StatusTellsCompleteFromIncomplete) {
  const LinkAddress ours{.link_index = 7, .net = kAddress, .label = {}};
  const struct {
    const char* why;
    std::function<void(Machine&)> change;
    InterfaceStatus status;
  } cases[] = {
      {"complete", [](Machine&) {}, InterfaceStatus::kUp},
      {"complete, userspace", [](Machine& m) { m.has_link(LinkKind::kTun); }, InterfaceStatus::kUp},
      {"no link", [](Machine& m) { m.link.reset(); }, InterfaceStatus::kAbsent},
      {"not WireGuard's", [](Machine& m) { m.has_link(LinkKind::kOther); }, InterfaceStatus::kForeign},
      {"a TUN without WireGuard",
       [](Machine& m) {
         m.has_link(LinkKind::kTun);
         m.device.reset();
       },
       InterfaceStatus::kForeign},
      {"another key", [this](Machine& m) { m.has_device(&other_key_); }, InterfaceStatus::kForeign},
      {"no key", [](Machine& m) { m.has_device(nullptr); }, InterfaceStatus::kIncomplete},
      {"down", [](Machine& m) { m.has_link(LinkKind::kWireguard, false); }, InterfaceStatus::kIncomplete},
      {"no address", [](Machine& m) { m.addresses.clear(); }, InterfaceStatus::kIncomplete},
      {"the address on another link", [](Machine& m) { m.addresses[0].link_index = 8; }, InterfaceStatus::kIncomplete},
      {"another address", [](Machine& m) { m.addresses[0].net = *IpNet::parse("10.66.1.3/16"); }, InterfaceStatus::kIncomplete},
      {"another prefix", [](Machine& m) { m.addresses[0].net = *IpNet::parse("10.66.1.2/24"); }, InterfaceStatus::kIncomplete},
      {"no route", [](Machine& m) { m.routed = false; }, InterfaceStatus::kIncomplete},
  };
  for (const auto& c : cases) {
    Machine machine;
    machine.has_link(LinkKind::kWireguard);
    machine.has_device(&key_);
    machine.addresses = {ours};
    machine.routed = true;
    c.change(machine);
    const auto status = interface_status(machine, kName, kAddress, key_, options_, machine);
    ASSERT_TRUE(status) << c.why << ": " << status.error().message();
    EXPECT_EQ(status->status, c.status) << c.why;
    EXPECT_THAT(machine.done, IsEmpty()) << "looking changes nothing";
  }

  Machine machine;
  machine.has_link(LinkKind::kWireguard);
  machine.has_device(&key_);
  machine.addresses = {ours};
  options_.no_routing = true;
  EXPECT_EQ(interface_status(machine, kName, kAddress, key_, options_, machine)->status, InterfaceStatus::kUp)
      << "nobody asked for a route";
}

TEST_F(BringUp, SaysOfWhichInterfaceTheAddressCouldNotBeLookedFor) {
  machine_.has_link(LinkKind::kWireguard);
  machine_.has_device(&key_);
  machine_.failing = "list_addresses";
  const auto status = interface_status(machine_, kName, kAddress, key_, options_, machine_);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), ::testing::AllOf(HasSubstr(kName.str()), HasSubstr("list_addresses failed")));
}

TEST_F(BringUp, KnowsWireguardLinks) {
  const auto is_wireguard = [this] { return is_wireguard_link(machine_, kName, machine_).value(); };
  EXPECT_FALSE(is_wireguard());
  machine_.has_link(LinkKind::kWireguard);
  EXPECT_TRUE(is_wireguard());
  machine_.has_link(LinkKind::kTun);
  EXPECT_FALSE(is_wireguard());
  machine_.has_device(nullptr);
  EXPECT_TRUE(is_wireguard());
  machine_.has_link(LinkKind::kOther);
  EXPECT_FALSE(is_wireguard());
}

}  // namespace
}  // namespace innernet
