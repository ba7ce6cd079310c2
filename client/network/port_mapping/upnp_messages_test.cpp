#include "upnp_messages.hpp"

#include <gmock/gmock.h>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const IpAddress kRouter = *IpAddress::parse("192.168.2.1");
SocketAddress at(std::string_view text) { return *SocketAddress::parse(text); }

TEST(RouterUrl, IsPlainHttpToTheRoutersAddress) {
  EXPECT_EQ(router_url("http://192.168.2.1:5000/root.xml", kRouter).value(), (RouterUrl{at("192.168.2.1:5000"), "/root.xml"}));
  EXPECT_EQ(router_url("http://192.168.2.1", kRouter).value(), (RouterUrl{at("192.168.2.1:80"), "/"}));
  for (const std::string& text :
       {std::string(), std::string("/root.xml"), std::string("https://192.168.2.1/"), std::string("http://192.168.2.9:5000/root.xml"),
        std::string("http://router.local/"), std::string("http://192.168.2.1@evil.example/"), std::string("http://evil@192.168.2.1/"),
        std::string("http://192.168.2.1:0/"), std::string("http://192.168.2.1:99999/"), std::string("http://192.168.2.1:5000:1/"),
        std::string("http://0300.0250.2.1/"), std::string("http://192.168.2.1/a b"), std::string("http://192.168.2.1/a\r\nX: y"),
        std::string("http://192.168.2.1/\x80"), std::string("http://192.168.2.1?x/"), std::string("http://169.254.169.254/latest"),
        "http://192.168.2.1/" + std::string(600, 'a')})
    EXPECT_FALSE(router_url(text, kRouter)) << text;
}

TEST(RouterUrl, MayBeRelative) {
  const RouterUrl base{at("192.168.2.1:5000"), "/root.xml"};
  EXPECT_EQ(router_url("/ctl/IPConn", base).value(), (RouterUrl{at("192.168.2.1:5000"), "/ctl/IPConn"}));
  EXPECT_EQ(router_url("ctl/IPConn", base).value(), (RouterUrl{at("192.168.2.1:5000"), "/ctl/IPConn"}));
  EXPECT_EQ(router_url("http://192.168.2.1:5001/ctl", base).value(), (RouterUrl{at("192.168.2.1:5001"), "/ctl"}));
  for (const std::string_view text : {"", "http://192.168.2.9/ctl", "ftp://192.168.2.1/ctl", "/c tl", "/ctl\r\nHost: x"})
    EXPECT_FALSE(router_url(text, base)) << text;
}

TEST(Search, AsksForBothVersionsAndSaysNothingOfUs) {
  const auto requests = search_requests(at("239.255.255.250:1900"));
  ASSERT_EQ(requests.size(), 2);
  EXPECT_EQ(requests.front(),
            "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
            "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n");
}

TEST(Search, AnAnswerSaysWhereTheRouterDescribesItself) {
  const auto answer = [](std::string_view start, std::string_view location) {
    return std::string(start) +
           "\r\nCACHE-CONTROL: max-age=120\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nEXT:\r\nLocation: " +
           std::string(location) + "\r\n\r\n";
  };
  EXPECT_EQ(described_at(answer("HTTP/1.1 200 OK", "http://192.168.2.1:5000/rootDesc.xml"), kRouter).value(),
            (RouterUrl{at("192.168.2.1:5000"), "/rootDesc.xml"}));
  EXPECT_FALSE(described_at(answer("HTTP/1.1 200 OK", "http://192.168.2.66:5000/rootDesc.xml"), kRouter));
  EXPECT_FALSE(described_at(answer("HTTP/1.1 302 Found", "http://192.168.2.1:5000/rootDesc.xml"), kRouter));
  EXPECT_FALSE(described_at(answer("NOTIFY * HTTP/1.1", "http://192.168.2.1:5000/rootDesc.xml"), kRouter));
  EXPECT_FALSE(described_at("", kRouter));
  EXPECT_FALSE(described_at("HTTP/1.1 200 OK\r\n\r\n", kRouter));
}

TEST(UpnpAction, NamesPortMachineAndTime) {
  const UpnpService service{.control = {at("192.168.2.1:5000"), "/ctl/IPConn"}, .type = "urn:schemas-upnp-org:service:WANIPConnection:1"};
  const std::string text =
      add_mapping_request(service, {.port = 51820, .outside_port = 40001, .lifetime = 7200s}, *IpAddress::parse("192.168.2.3"));
  EXPECT_THAT(text, HasSubstr("POST /ctl/IPConn HTTP/1.1\r\nHost: 192.168.2.1:5000\r\n"));
  EXPECT_THAT(text, HasSubstr("SOAPAction: \"urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping\"\r\n"));
  EXPECT_THAT(text, HasSubstr("<NewRemoteHost></NewRemoteHost><NewExternalPort>40001</NewExternalPort><NewProtocol>UDP</NewProtocol>"
                              "<NewInternalPort>51820</NewInternalPort><NewInternalClient>192.168.2.3</NewInternalClient>"
                              "<NewEnabled>1</NewEnabled><NewPortMappingDescription>innernet</NewPortMappingDescription>"
                              "<NewLeaseDuration>7200</NewLeaseDuration>"));
  const auto body = text.find("\r\n\r\n") + 4;
  EXPECT_THAT(text, HasSubstr("Content-Length: " + std::to_string(text.size() - body) + "\r\n"));
}

TEST(UpnpAction, IsForThreeServices) {
  EXPECT_TRUE(is_mapping_service("urn:schemas-upnp-org:service:WANIPConnection:2"));
  EXPECT_TRUE(is_mapping_service("urn:schemas-upnp-org:service:WANPPPConnection:1"));
  for (const std::string_view type :
       {"", "urn:schemas-upnp-org:service:WANIPConnection:1\"\r\nX: y", "urn:schemas-upnp-org:service:Layer3Forwarding:1"})
    EXPECT_FALSE(is_mapping_service(type));
}

TEST(OtherPort, IsAHighOneAndTheSameEachTime) {
  for (const int port : {1, 51820, 65535})
    for (const int attempt : {1, 2, 3}) {
      const auto other = other_port(static_cast<std::uint16_t>(port), attempt);
      EXPECT_GE(other, 20'000);
      EXPECT_NE(other, port);
      EXPECT_EQ(other, other_port(static_cast<std::uint16_t>(port), attempt));
    }
  EXPECT_NE(other_port(51820, 1), other_port(51820, 2));
}

}  // namespace
}  // namespace innernet::client
