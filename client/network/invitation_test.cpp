#include "innernet/client/invitation.hpp"

#include <gmock/gmock.h>

#include "innernet/base/file.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

InterfaceConfig good() { return config_of(wg::PrivateKey::generate(), new_key(), address("10.66.0.1:51820")); }

TEST(Invitation, OfARealNetworkPasses) {
  EXPECT_TRUE(check_invitation(good()));
  InterfaceConfig six = good();
  six.address = net("fd66::2/48");
  six.server_internal_endpoint = address("[fd66::1]:51820");
  six.server_external_endpoint = endpoint("vpn.example.com:51820");
  six.peer_endpoint_overrides = {{ip("fd66::3"), endpoint("[2001:db8::3]:51820")}};
  EXPECT_TRUE(check_invitation(six));
  InterfaceConfig wrapped = good();
  wrapped.network_name = "Any Text";
  wrapped.server_external_endpoint = endpoint("127.0.0.1:51820");
  EXPECT_TRUE(check_invitation(wrapped)) << "something on this machine may carry WireGuard's packets further";
}

TEST(Invitation, HostileOnesAreRefusedWithTheNameOfTheKey) {
  const struct {
    std::function<void(InterfaceConfig&)> change;
    const char* says;
  } cases[] = {
      {[](auto& it) { it.network_name = ""; }, "network-name"},
      {[](auto& it) { it.network_name = std::string(64, 'a'); }, "network-name"},
      {[](auto& it) { it.address = net("10.66.1.5/0"); }, "interface.address: 0.0.0.0/0 is the whole"},
      {[](auto& it) { it.address = net("10.66.1.5/1"); }, "interface.address"},
      {[](auto& it) { it.address = net("10.66.1.5/32"); }, "interface.address"},
      {[](auto& it) { it.address = net("127.0.0.2/8"); }, "interface.address"},
      {[](auto& it) { it.address = net("2000::5/3"); }, "interface.address"},
      {[](auto& it) { it.server_internal_endpoint = address("8.8.8.8:53"); }, "internal-endpoint"},
      {[](auto& it) { it.server_internal_endpoint = address("127.0.0.1:51820"); }, "internal-endpoint"},
      {[](auto& it) { it.server_internal_endpoint = address("10.66.1.2:51820"); }, "internal-endpoint"},
      {[](auto& it) { it.server_internal_endpoint = address("10.66.0.1:0"); }, "internal-endpoint"},
      {[](auto& it) { it.server_internal_endpoint = address("[fd66::1]:51820"); }, "internal-endpoint"},
      {[](auto& it) { it.server_external_endpoint = endpoint("10.66.0.1:51820"); }, "external-endpoint"},
      {[](auto& it) { it.server_external_endpoint = endpoint("255.255.255.255:9"); }, "external-endpoint"},
      {[](auto& it) { it.server_external_endpoint = endpoint("0.0.0.0:51820"); }, "external-endpoint"},
      {[](auto& it) { it.server_external_endpoint = endpoint("vpn.example.com:0"); }, "external-endpoint"},
      {[](auto& it) { it.peer_endpoint_overrides = {{ip("10.66.1.3"), endpoint("127.0.0.1:53")}}; }, "overrides"},
      {[](auto& it) { it.peer_endpoint_overrides = {{ip("8.8.8.8"), endpoint("192.0.2.1:53")}}; }, "overrides"},
  };
  for (const auto& c : cases) {
    InterfaceConfig invitation = good();
    c.change(invitation);
    const auto checked = check_invitation(invitation);
    ASSERT_FALSE(checked) << c.says;
    EXPECT_EQ(checked.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(checked.error().message(), HasSubstr(c.says));
  }
}

TEST(Invitation, NothingInItActsOnTheTerminal) {
  const innernet::testing::TempDir dir;
  const std::string text(good().to_invitation().reveal());
  const auto refusal = [&](const std::string& invitation) {
    EXPECT_TRUE(replace_file(dir / "invitation.toml", invitation));
    const auto read = read_invitation(dir / "invitation.toml");
    return read ? std::string() : read.error().message();
  };
  const std::string line = "network-name = \"evilcorp\"";
  std::string named = text;
  named.replace(named.find(line), line.size(),
                "network-name = \"" + std::string(40, 'x') + "\\u001b]0;owned\\u0007" + std::string(40, 'x') + "\"");
  for (const std::string& message : {refusal(named), refusal(text + "[peer-endpoint-overrides]\n\"\\u001b]0;owned\\u0007\" = 3\n"),
                                     refusal(text + "[peer-endpoint-overrides]\n\"\\u001b]0;owned\\u0007\" = \"\\u0007\"\n")})
    EXPECT_THAT(message,
                AllOf(HasSubstr("invitation.toml"), HasSubstr("\\x1b]0;owned\\x07"), Not(HasSubstr("\x1b")), Not(HasSubstr("\x07"))));
}

}  // namespace
}  // namespace innernet::client
