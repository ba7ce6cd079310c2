#include "upnp_xml.hpp"

#include <gmock/gmock.h>

#include "fake_router.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::Le;
using ::testing::SizeIs;

TEST(UpnpXml, TheServiceThatMapsIsFoundInADescription) {
  UpnpScript script;
  script.url_base = "http://192.168.2.1:5000/";
  for (const auto& description :
       {Result<RouterDescription>(read_description(script.description())), read_description_confined(script.description())}) {
    ASSERT_TRUE(description) << description.error().message();
    EXPECT_EQ(description->base_url, "http://192.168.2.1:5000/");
    EXPECT_THAT(description->services,
                ElementsAre(DescribedService{.type = "urn:schemas-upnp-org:service:WANIPConnection:1", .control_url = "/ctl/IPConn"}));
  }
}

TEST(UpnpXml, AnswersOfActionsAreRead) {
  const auto fault = read_action_answer_confined(UpnpScript::fault(718));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->error_code, "718");
  const auto address = read_action_answer_confined(
      "<s:Envelope><s:Body><u:GetExternalIPAddressResponse><NewExternalIPAddress>203.0.113.7</NewExternalIPAddress>"
      "</u:GetExternalIPAddressResponse></s:Body></s:Envelope>");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->outside_address, "203.0.113.7");
  EXPECT_EQ(address->error_code, "");
}

TEST(UpnpXml, WhatIsNoneHasNothing) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "<"sv, "<a"sv, "</a>"sv, "<a b='"sv, "<![CDATA["sv, "\0\0\0"sv, "<root><service><controlURL>"sv}) {
    const auto description = read_description_confined(text);
    EXPECT_TRUE(!description || description->services.empty()) << text;
    const auto answer = read_action_answer_confined(text);
    EXPECT_TRUE(!answer || answer->error_code.empty()) << text;
  }
}

TEST(UpnpXml, LongAndDeepOnesDoNoHarm) {
  UpnpScript script;
  script.control_url = "/" + std::string(100'000, 'a');
  EXPECT_TRUE(read_description_confined(script.description()));
  script.control_url = "/" + std::string(1000, 'a');
  const auto description = read_description_confined(script.description());
  ASSERT_TRUE(description);
  ASSERT_THAT(description->services, SizeIs(1));
  EXPECT_THAT(description->services[0].control_url, SizeIs(Le(128)));
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "<a>";
  EXPECT_TRUE(read_description_confined(deep));
  EXPECT_TRUE(read_action_answer_confined(deep));
}

}  // namespace
}  // namespace innernet::client
