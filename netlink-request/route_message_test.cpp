#include "innernet/netlink/route_message.hpp"

#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <vector>

namespace innernet::netlink {
namespace {

// The bytes in a heap block of exactly their size, where the sanitizers see each step beyond the end.
struct Received {
  explicit Received(Message message) {
    const Bytes all = message.finish(1);
    bytes.assign(all.begin(), all.end());
  }
  MessageView view() const { return *MessageReader(bytes).next(); }
  std::vector<std::uint8_t> bytes;
};

InterfaceName name(std::string_view text) { return *InterfaceName::parse(text); }

// Each decoder must stay within any prefix of a payload and say either that it is malformed or nothing.
template <class Decode>
void survive_truncation(const Received& received, Decode decode) {
  const MessageView whole = received.view();
  for (std::size_t length = 0; length < whole.payload.size(); ++length) {
    const std::vector<std::uint8_t> cut(whole.payload.begin(), whole.payload.begin() + static_cast<std::ptrdiff_t>(length));
    MessageView view = whole;
    view.payload = cut;
    static_cast<void>(decode(view));
  }
}

Message link(std::string_view text, std::string_view kind) {
  Message message(RTM_NEWLINK);
  ifinfomsg header{};
  header.ifi_index = 7;
  header.ifi_flags = IFF_UP | IFF_RUNNING;
  message.put_header(header);
  message.put_u32(0x3FF0, 1);  // an attribute that this program has never heard of
  message.put_string(IFLA_IFNAME, text);
  message.put_u32(IFLA_MTU, 1280);
  message.put_u8(IFLA_OPERSTATE, 6);
  const std::size_t info = message.begin_nested(IFLA_LINKINFO);
  message.put_string(IFLA_INFO_KIND, kind);
  message.end_nested(info);
  return message;
}

TEST(DecodeLink, ReadsWhatItKnowsAndSkipsTheRest) {
  const Received received(link("wg0", "wireguard"));
  const auto decoded = decode_link(received.view());
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((*decoded)->index, 7);
  EXPECT_EQ((*decoded)->name, name("wg0"));
  EXPECT_EQ((*decoded)->kind, "wireguard");
  EXPECT_EQ((*decoded)->mtu, 1280U);
  EXPECT_TRUE((*decoded)->is_up);
  EXPECT_TRUE((*decoded)->is_running);
  EXPECT_FALSE((*decoded)->is_loopback);
  survive_truncation(received, decode_link);
}

TEST(DecodeLink, PassesOverNamesThatNobodyCanUse) {
  for (const char* text : {"", "a b", "0123456789abcdef"}) {
    const Received received(link(text, "dummy"));
    const auto decoded = decode_link(received.view());
    ASSERT_TRUE(decoded);
    EXPECT_FALSE(*decoded) << text;
  }
}

TEST(EncodeLink, AsksForExclusiveCreation) {
  const Received request(encode_create_link(name("wg0"), "wireguard"));
  EXPECT_EQ(request.view().type, RTM_NEWLINK);
  EXPECT_EQ(request.view().flags, NLM_F_CREATE | NLM_F_EXCL);
  const auto decoded = decode_link(request.view());
  EXPECT_EQ((*decoded)->name, name("wg0"));
  EXPECT_EQ((*decoded)->kind, "wireguard");
}

TEST(EncodeLink, BringsUpWithoutCreating) {
  const Received request(encode_set_link_up(name("wg0"), 1280));
  EXPECT_EQ(request.view().flags & (NLM_F_CREATE | NLM_F_REPLACE), 0);
  const auto header = request.view().header<ifinfomsg>();
  EXPECT_EQ(header->ifi_flags, static_cast<unsigned>(IFF_UP));
  EXPECT_EQ(header->ifi_change, static_cast<unsigned>(IFF_UP)) << "touches no other flag";
  EXPECT_EQ((*decode_link(request.view()))->mtu, 1280U);
}

TEST(Address, ComesBackAsItWasSet) {
  for (const char* text : {"10.42.0.1/16", "fd42::1/64"}) {
    const IpNet net = *IpNet::parse(text);
    const Received received(encode_set_address(3, net));
    EXPECT_EQ(received.view().flags, NLM_F_CREATE | NLM_F_REPLACE);
    const auto decoded = decode_address(received.view());
    ASSERT_TRUE(decoded && *decoded);
    EXPECT_EQ((*decoded)->net, net);
    EXPECT_EQ((*decoded)->link_index, 3);
    EXPECT_EQ((*decoded)->flags, net.address().is_v6() ? unsigned{IFA_F_NODAD} : 0U);
    survive_truncation(received, decode_address);
  }
}

TEST(Address, IsOursAndNotTheOtherSidesOnAPointToPointLink) {
  Message message(RTM_NEWADDR);
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = 32;
  header.ifa_scope = RT_SCOPE_LINK;
  message.put_header(header);
  message.put(IFA_ADDRESS, IpAddress::parse("192.0.2.2")->bytes());
  message.put(IFA_LOCAL, IpAddress::parse("192.0.2.1")->bytes());
  message.put_string(IFA_LABEL, "ppp0");
  message.put_u32(IFA_FLAGS, 0x300);
  const Received received(std::move(message));
  const auto decoded = decode_address(received.view());
  EXPECT_EQ((*decoded)->net.to_string(), "192.0.2.1/32");
  EXPECT_EQ((*decoded)->label, "ppp0");
  EXPECT_EQ((*decoded)->flags, 0x300U) << "the 32-bit flags, of which the header has 8";
  EXPECT_EQ((*decoded)->scope, RT_SCOPE_LINK);
}

TEST(Address, EntriesThatAreNoAddressArePassedOver) {
  const struct {
    std::uint8_t family;
    std::uint8_t prefix;
    std::vector<std::uint8_t> bytes;
    bool malformed;
  } cases[] = {
      {AF_INET, 24, {}, false},      {AF_INET, 24, {1, 2, 3}, false},   {AF_INET6, 64, {1, 2, 3, 4}, false},
      {200, 8, {1, 2, 3, 4}, false}, {AF_INET, 33, {1, 2, 3, 4}, true},
  };
  for (const auto& c : cases) {
    Message message(RTM_NEWADDR);
    ifaddrmsg header{};
    header.ifa_family = c.family;
    header.ifa_prefixlen = c.prefix;
    message.put_header(header);
    if (!c.bytes.empty()) message.put(IFA_ADDRESS, c.bytes);
    const Received received(std::move(message));
    const auto decoded = decode_address(received.view());
    EXPECT_EQ(!decoded, c.malformed);
    EXPECT_FALSE(decoded && *decoded);
  }
}

TEST(Route, ComesBackWithoutHostBits) {
  for (const char* text : {"10.42.3.4/16", "fd42::1/48", "0.0.0.0/0", "::/0"}) {
    const IpNet net = *IpNet::parse(text);
    const Received received(encode_add_route(5, net));
    const auto header = received.view().header<rtmsg>();
    EXPECT_EQ(header->rtm_scope, RT_SCOPE_LINK);
    EXPECT_EQ(header->rtm_table, RT_TABLE_MAIN);
    EXPECT_EQ(header->rtm_protocol, RTPROT_BOOT);
    const auto decoded = decode_route(received.view());
    ASSERT_TRUE(decoded && *decoded);
    EXPECT_EQ((*decoded)->destination, net.truncated());
    EXPECT_EQ((*decoded)->link_index, 5);
    survive_truncation(received, decode_route);
  }
}

TEST(Route, OfAnotherTableKindOrFamilyIsPassedOver) {
  const auto decode = [](std::uint8_t family, std::uint8_t table, std::uint8_t type, std::uint32_t wide_table) {
    Message message(RTM_NEWROUTE);
    rtmsg header{};
    header.rtm_family = family;
    header.rtm_table = table;
    header.rtm_type = type;
    message.put_header(header);
    if (wide_table != 0) message.put_u32(RTA_TABLE, wide_table);
    message.put_u32(RTA_OIF, 5);
    const Received received(std::move(message));
    return decode_route(received.view())->has_value();
  };
  EXPECT_TRUE(decode(AF_INET, RT_TABLE_MAIN, RTN_UNICAST, 0)) << "the default route, which has no destination";
  EXPECT_TRUE(decode(AF_INET6, RT_TABLE_COMPAT, RTN_UNICAST, RT_TABLE_MAIN));
  EXPECT_FALSE(decode(AF_INET, RT_TABLE_LOCAL, RTN_UNICAST, 0));
  EXPECT_FALSE(decode(AF_INET, RT_TABLE_MAIN, RTN_BLACKHOLE, 0));
  EXPECT_FALSE(decode(AF_INET, RT_TABLE_COMPAT, RTN_UNICAST, 1'000));
  EXPECT_FALSE(decode(28, RT_TABLE_MAIN, RTN_UNICAST, 0)) << "AF_MPLS";
}

TEST(Way, HasLinkGatewayAndSource) {
  struct Case {
    std::string_view gateway, source;
  };
  for (const auto& [gateway, source] : {Case{"192.168.1.1", "192.168.1.23"}, Case{"fe80::1", "2003::23"}, Case{"", "192.168.1.23"}}) {
    Message message(RTM_NEWROUTE);
    const auto from = *IpAddress::parse(source);
    rtmsg header{};
    header.rtm_family = from.is_v6() ? AF_INET6 : AF_INET;
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_type = RTN_UNICAST;
    message.put_header(header);
    message.put_u32(RTA_OIF, 4);
    if (!gateway.empty()) message.put(RTA_GATEWAY, IpAddress::parse(gateway)->bytes());
    message.put(RTA_PREFSRC, from.bytes());
    const Received received(std::move(message));
    const auto way = decode_way(received.view());
    ASSERT_TRUE(way && *way) << source;
    EXPECT_EQ((*way)->link_index, 4);
    EXPECT_EQ((*way)->gateway.has_value(), !gateway.empty());
    EXPECT_EQ((*way)->gateway ? (*way)->gateway->to_string() : "", gateway);
    EXPECT_EQ((*way)->source, from);
    survive_truncation(received, decode_way);
  }
}

TEST(Way, ThatLeadsNowhereIsNone) {
  for (const int type : {RTN_LOCAL, RTN_BLACKHOLE, RTN_UNREACHABLE}) {
    Message message(RTM_NEWROUTE);
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_type = static_cast<unsigned char>(type);
    message.put_header(header);
    message.put_u32(RTA_OIF, 4);
    const auto way = decode_way(Received(std::move(message)).view());
    EXPECT_TRUE(way && !*way) << type;
  }
}

TEST(Way, IsAskedForByItsDestination) {
  const Received request(encode_find_way(*IpAddress::parse("9.9.9.9")));
  EXPECT_EQ(request.view().type, RTM_GETROUTE);
  EXPECT_EQ(request.view().header<rtmsg>()->rtm_dst_len, 32);
  AttributeReader attributes = request.view().attributes_after(sizeof(rtmsg));
  const auto destination = attributes.next();
  ASSERT_TRUE(destination);
  EXPECT_EQ(destination->type, RTA_DST);
}

}  // namespace
}  // namespace innernet::netlink
