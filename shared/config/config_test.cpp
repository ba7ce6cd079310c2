#include "innernet/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "innernet/base/file.hpp"
#include "innernet/testing/sample_network.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string golden(const std::string& file) {
  auto text = read_file(std::filesystem::path(INNERNET_TEST_DATA) / file);
  EXPECT_TRUE(text) << text.error().message();
  return text.value_or("");
}

const std::string kSecret = "4NEuAUYCVTv8PGpWK3uDVVC/Adx3WV6u5xbH+Tt7MF0=";
const std::string kClient = "[interface]\nnetwork-name = \"evilcorp\"\naddress = \"10.66.1.1/16\"\nprivate-key = \"" + kSecret +
                            "\"\nlisten-port = 51820\n\n[server]\npublic-key = \"gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=\"\n"
                            "external-endpoint = \"192.0.2.1:51820\"\ninternal-endpoint = "
                            "\"10.66.0.1:51820\"\n\n[peer-endpoint-overrides]\n\"10.66.2.1\" = \"192.0.2.3:51999\"\n";
const std::string kServer = "private-key = \"" + kSecret + "\"\nlisten-port = 51820\naddress = \"10.66.0.1\"\nnetwork-cidr-prefix = 16\n";

std::string replaced(std::string text, std::string_view old, std::string_view by) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), by);
}

template <class Config>
std::string error_of(const std::string& toml) {
  const auto config = Config::parse(toml);
  return config ? "taken" : config.error().message();
}

class GoldenConfig : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, GoldenConfig, ::testing::Values("ipv4", "ipv6"));

TEST_P(GoldenConfig, IsWrittenByteForByte) {
  for (const char* file : {"client-peer1.conf", "client-peer2.conf", "invitation.toml"}) {
    const std::string text = golden(GetParam() + "/" + file);
    const auto config = InterfaceConfig::parse(text);
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->to_toml().reveal(), text) << file;
  }
  const std::string text = golden(GetParam() + "/server.conf");
  const auto config = ServerConfig::parse(text);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->to_toml().reveal(), text);
}

TEST_P(GoldenConfig, AnInvitationIsThatBehindComments) {
  const std::string text = golden(GetParam() + "/invitation.toml");
  const SecretText invitation = InterfaceConfig::parse(text)->to_invitation();
  EXPECT_THAT(invitation.reveal(), ::testing::EndsWith("\n\n" + text));
  const std::string_view comments = invitation.reveal().substr(0, invitation.reveal().size() - text.size());
  EXPECT_THAT(comments, HasSubstr("evilcorp"));
  EXPECT_THAT(comments, HasSubstr("innernet install"));
  for (std::size_t at = 0; at + 1 < comments.size(); at = comments.find('\n', at) + 1)
    EXPECT_TRUE(comments[at] == '#' || comments[at] == '\n');
  EXPECT_EQ(InterfaceConfig::parse(invitation.reveal())->to_toml().reveal(), text);
}

TEST(InterfaceConfig, ReadsEveryField) {
  const auto config = InterfaceConfig::parse(kClient);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->network_name, "evilcorp");
  EXPECT_EQ(config->address.to_string(), "10.66.1.1/16");
  EXPECT_EQ(config->private_key.to_base64().reveal(), kSecret);
  EXPECT_EQ(config->listen_port, 51820);
  EXPECT_EQ(config->server_public_key.to_base64(), "gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=");
  EXPECT_EQ(config->server_external_endpoint.to_string(), "192.0.2.1:51820");
  EXPECT_EQ(config->server_internal_endpoint.to_string(), "10.66.0.1:51820");
  EXPECT_EQ(config->peer_endpoint_overrides.at(*IpAddress::parse("10.66.2.1")).to_string(), "192.0.2.3:51999");
}

TEST(InterfaceConfig, ReadsWhatPeopleWrite) {
  const struct {
    const char* why;
    std::string toml;
  } cases[] = {
      {"unknown keys and tables", "later = [1, {a = 2}]\n" + kClient + "\n[hints]\nx.y = 1\n"},
      {"comments", replaced(kClient, "[interface]", "  # mine " + std::string(100, '.') + "\n[interface] # here")},
      {"CRLF", replaced(kClient, "[interface]\n", "[interface]\r\n")},
      {"literal strings", replaced(kClient, "\"evilcorp\"", "'evilcorp'")},
      {"escapes", replaced(kClient, "\"evilcorp\"", R"("evil\u0063orp")")},
      {"no newline at the end", kClient.substr(0, kClient.size() - 1)},
  };
  for (const auto& c : cases) {
    const auto config = InterfaceConfig::parse(c.toml);
    ASSERT_TRUE(config) << c.why << ": " << config.error().message();
    EXPECT_EQ(config->to_toml().reveal(), kClient) << c.why;
  }
  const std::string dotted =
      "interface.network-name = \"evilcorp\"\ninterface.address = \"10.66.1.1/16\"\ninterface.private-key = \"" + kSecret +
      "\"\nserver = {public-key = \"gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=\", external-endpoint = \"192.0.2.1:1\", "
      "internal-endpoint = \"10.66.0.1:1\"}\n";
  EXPECT_EQ(error_of<InterfaceConfig>(dotted), "taken") << "dotted keys and inline tables";
}

TEST(InterfaceConfig, RefusesTheRestNamesTheKeyAndShowsNoSecret) {
  const struct {
    std::string toml;
    const char* reason;
  } cases[] = {
      {"", "interface.network-name is missing"},
      {replaced(kClient, "network-name", "name"), "interface.network-name is missing"},
      {replaced(kClient, "address", "addresses"), "interface.address is missing"},
      {replaced(kClient, "private-key", "key"), "interface.private-key is missing"},
      {replaced(kClient, "public-key", "key"), "server.public-key is missing"},
      {replaced(kClient, "external-endpoint", "endpoint"), "server.external-endpoint is missing"},
      {replaced(kClient, "internal-endpoint", "endpoint"), "server.internal-endpoint is missing"},
      {"interface = 1\n" + replaced(kClient, "[interface]", "[x]"), "interface.network-name is missing"},
      {replaced(kClient, "\"evilcorp\"", "7"), "line 2: interface.network-name: expected a string"},
      {replaced(kClient, "10.66.1.1/16", "10.66.1.1"), "line 3: interface.address: \"10.66.1.1\" is not a CIDR"},
      {replaced(kClient, "10.66.1.1/16", "10.66.1.1/33"), "interface.address: "},
      {replaced(kClient, kSecret, kSecret.substr(1)), "line 4: interface.private-key: "},
      {replaced(kClient, kSecret, kSecret + "x"), "interface.private-key: "},
      {replaced(kClient, "\"" + kSecret + "\"", kSecret), "line 4, column "},
      {replaced(kClient, "\"" + kSecret + "\"", "\"" + kSecret), "line 4, column "},
      {replaced(kClient, "private-key = ", "private-key "), "line 4, column "},
      {replaced(kClient, "private-key = \"" + kSecret, kSecret + " = \"x"), "line 4, column "},
      {replaced(kClient, "gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=", "AAAA"), "server.public-key: "},
      {replaced(kClient, "51820\n", "65536\n"), "line 5: interface.listen-port: expected a number from 0 to 65535"},
      {replaced(kClient, "51820\n", "-1\n"), "interface.listen-port: "},
      {replaced(kClient, "51820\n", "51820.0\n"), "interface.listen-port: "},
      {replaced(kClient, "51820\n", "\"51820\"\n"), "interface.listen-port: "},
      {replaced(kClient, "\"192.0.2.1:51820\"", "\"foo bar:1\""), "server.external-endpoint: \"foo bar:1\" is not an endpoint"},
      {replaced(kClient, "\"10.66.0.1:51820\"", "\"vpn.example:1\""), "server.internal-endpoint: \"vpn.example:1\" has a name"},
      {replaced(kClient, "\"10.66.2.1\" =", "\"10.66.2\" ="), "peer-endpoint-overrides: \"10.66.2\" is not an IP address"},
      {replaced(kClient, "192.0.2.3:51999", "192.0.2.3"), "line 13: peer-endpoint-overrides.10.66.2.1: \"192.0.2.3\" is not an endpoint"},
      {replaced(kClient, "\"192.0.2.3:51999\"", "1"), "peer-endpoint-overrides.10.66.2.1: expected a string"},
      {"peer-endpoint-overrides = 1\n" + replaced(kClient, "[peer-endpoint-overrides]", "[x]"),
       "line 1: peer-endpoint-overrides: expected a table"},
      {kClient + "\"10.66.2.1\" = \"192.0.2.3:1\"\n", "not valid TOML"},
      {kClient + "x = \"\xff\"\n", "not valid TOML"},
      {kClient + "[=\n", "not valid TOML"},          // an assertion of toml++
      {kClient + "x = \u00e9\n", "not valid TOML"},  // undefined behaviour of toml++
      {kClient + "x = 1\u041b\n", "not valid TOML"},
      {kClient + "\ufed0 = 1\n", "not valid TOML"},
  };
  for (const auto& c : cases) {
    const std::string error = error_of<InterfaceConfig>(c.toml);
    EXPECT_THAT(error, HasSubstr(c.reason));
    // No ten characters of the key, wherever they stand.
    for (std::size_t i = 0; i + 10 <= kSecret.size(); ++i) EXPECT_THAT(error, Not(HasSubstr(kSecret.substr(i, 10))));
  }
}

TEST(InterfaceConfig, PortZeroIsNone) {
  auto config = InterfaceConfig::parse(replaced(kClient, "51820\n", "0\n"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listen_port, std::nullopt);
  config->listen_port = 0;
  EXPECT_THAT(config->to_toml().reveal(), Not(HasSubstr("listen-port")));
}

// An invitation comes from somebody else: it must not crash who installs it.
TEST(InterfaceConfig, HostileNestingIsAnErrorAndNotACrash) {
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  EXPECT_THAT(error_of<InterfaceConfig>(dots + " = 1\n" + kClient), HasSubstr("dots"));
  EXPECT_THAT(error_of<InterfaceConfig>("[" + dots + "]\n"), HasSubstr("dots"));
  EXPECT_THAT(error_of<InterfaceConfig>("x = " + std::string(100'000, '[') + "\n" + kClient), HasSubstr("not valid TOML"));
  std::string tables;
  for (int i = 0; i < 50'000; ++i) tables += "{a=";
  EXPECT_THAT(error_of<InterfaceConfig>("x = " + tables + "\n"), HasSubstr("not valid TOML"));
}

TEST(InterfaceConfig, AnyNetworkNameSurvives) {
  auto config = InterfaceConfig::parse(kClient);
  ASSERT_TRUE(config);
  testing::RandomNetwork random(7);
  for (int i = 0; i < 500; ++i) {
    config->network_name = random.text();
    config->address = random.cidr().cidr;
    config->listen_port = static_cast<std::uint16_t>(1 + random.below(65535));
    config->server_external_endpoint = random.endpoint();
    config->server_internal_endpoint = {random.ip(), 1};
    config->peer_endpoint_overrides.clear();
    for (std::uint64_t n = random.below(3); n > 0; --n) config->peer_endpoint_overrides.insert_or_assign(random.ip(), random.endpoint());
    for (const SecretText& text : {config->to_toml(), config->to_invitation()}) {
      const auto read = InterfaceConfig::parse(text.reveal());
      ASSERT_TRUE(read) << read.error().message() << "\n" << text.reveal();
      EXPECT_EQ(read->network_name, config->network_name);
      EXPECT_EQ(read->address, config->address);
      EXPECT_EQ(read->listen_port, config->listen_port);
      EXPECT_EQ(read->server_external_endpoint, config->server_external_endpoint);
      EXPECT_EQ(read->server_internal_endpoint, config->server_internal_endpoint);
      EXPECT_EQ(read->peer_endpoint_overrides, config->peer_endpoint_overrides);
    }
  }
}

TEST(InterfaceConfig, ErrorsOfAFileNameItsPath) {
  testing::TempDir folder;
  const auto path = folder / "evilcorp.conf";
  const auto missing = InterfaceConfig::read(path);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("reading interface config: " + path.string()));

  ASSERT_TRUE(create_file(path, replaced(kClient, "10.66.1.1/16", "x")));
  const auto broken = InterfaceConfig::read(path);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_THAT(broken.error().message(), HasSubstr("reading interface config: " + path.string() + ": line 3: interface.address: "));

  ASSERT_TRUE(replace_file(path, kClient));
  EXPECT_TRUE(InterfaceConfig::read(path));
}

TEST(ServerConfig, ReadsEveryField) {
  const auto config = ServerConfig::parse(kServer);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->private_key.to_base64().reveal(), kSecret);
  EXPECT_EQ(config->listen_port, 51820);
  EXPECT_EQ(config->net()->to_string(), "10.66.0.1/16");
}

TEST(ServerConfig, RefusesTheRestAndNamesTheKey) {
  const struct {
    std::string toml;
    const char* reason;
  } cases[] = {
      {"", "private-key is missing"},
      {replaced(kServer, "listen-port", "port"), "listen-port is missing"},
      {replaced(kServer, "address", "ip"), "address is missing"},
      {replaced(kServer, "network-cidr-prefix", "prefix"), "network-cidr-prefix is missing"},
      {replaced(kServer, kSecret, "AAAA"), "line 1: private-key: "},
      {replaced(kServer, "51820", "65536"), "line 2: listen-port: expected a number from 0 to 65535"},
      {replaced(kServer, "10.66.0.1", "10.66.0.1/16"), "line 3: address: \"10.66.0.1/16\" is not an IP address"},
      {replaced(kServer, "16", "33"), "line 4: network-cidr-prefix: expected a number from 0 to 32"},
      {replaced(replaced(kServer, "16", "129"), "10.66.0.1", "fd00::1"), "expected a number from 0 to 128"},
      {replaced(kServer, "16", "-1"), "network-cidr-prefix: "},
      {replaced(kServer, "16", "\"16\""), "network-cidr-prefix: "},
  };
  for (const auto& c : cases) EXPECT_THAT(error_of<ServerConfig>(c.toml), HasSubstr(c.reason));
}

}  // namespace
}  // namespace innernet
