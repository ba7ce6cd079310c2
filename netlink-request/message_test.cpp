#include "innernet/netlink/message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace innernet::netlink {
namespace {

struct Family {
  std::uint32_t number;
};

Message sample() {
  Message message(0x10, 0x5);
  message.put_header(Family{7});
  message.put_u8(1, 0xAB);
  const std::size_t nest = message.begin_nested(2);
  message.put_string(3, "wg0");
  message.put_u64(4, 0x1122334455667788U);
  message.end_nested(nest);
  message.put(5, {});
  return message;
}

TEST(Message, HasTheLayoutOfNetlink) {
  Message message = sample();
  const Bytes bytes = message.finish(9);
  if constexpr (std::endian::native != std::endian::little) GTEST_SKIP() << "the bytes below are little-endian";
  const std::vector<std::uint8_t> expected = {
      56, 0, 0, 0,    0x10, 0,    5,    0,    9,    0,    0,    0,    0, 0, 0, 0,  // length, type, flags, sequence, port
      7,  0, 0, 0,                                                                 // family header
      5,  0, 1, 0,    0xAB, 0,    0,    0,                                         // 8 bits, padded; the length counts no padding
      24, 0, 2, 0x80,                                                              // nested, with NLA_F_NESTED
      8,  0, 3, 0,    'w',  'g',  '0',  0,                                         // text with its NUL
      12, 0, 4, 0,    0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,              // 64 bits, not aligned to 8
      4,  0, 5, 0,                                                                 // no payload
  };
  EXPECT_EQ(std::vector(bytes.begin(), bytes.end()), expected);
}

TEST(Message, ReadsBackWhatWasWritten) {
  Message message = sample();
  MessageReader messages(message.finish(9));
  const auto view = messages.next();
  ASSERT_TRUE(view);
  EXPECT_EQ(view->type, 0x10);
  EXPECT_EQ(view->flags, 0x5);
  EXPECT_EQ(view->sequence, 9U);
  EXPECT_EQ(view->header<Family>()->number, 7U);
  AttributeReader attributes = view->attributes_after(sizeof(Family));
  const auto byte = attributes.next();
  EXPECT_EQ(byte->type, 1);
  EXPECT_EQ(byte->u8(), 0xAB);
  EXPECT_FALSE(byte->u16()) << "another size is another thing";
  const auto nest = attributes.next();
  EXPECT_EQ(nest->type, 2) << "without NLA_F_NESTED";
  AttributeReader inner(nest->payload);
  EXPECT_EQ(inner.next()->text(), "wg0");
  EXPECT_EQ(inner.next()->u64(), 0x1122334455667788U);
  EXPECT_FALSE(inner.next());
  EXPECT_TRUE(inner.well_formed());
  EXPECT_TRUE(attributes.next()->payload.empty());
  EXPECT_FALSE(attributes.next());
  EXPECT_TRUE(attributes.well_formed());
  EXPECT_FALSE(messages.next());
  EXPECT_TRUE(messages.well_formed());
}

TEST(Message, IsNotWellFormedWhenAnAttributeIsTooLong) {
  const std::vector<std::uint8_t> longest(65'531);
  const std::vector<std::uint8_t> too_long(65'532);
  Message fits(1);
  fits.put(1, longest);
  EXPECT_TRUE(fits.well_formed());
  Message flat(1);
  flat.put(1, too_long);
  EXPECT_FALSE(flat.well_formed());
  Message nested(1);
  const std::size_t nest = nested.begin_nested(1);
  nested.put(2, longest);
  nested.end_nested(nest);
  EXPECT_FALSE(nested.well_formed());
}

TEST(Message, CutOffAtAnyLengthIsNoticed) {
  Message message = sample();
  const Bytes whole = message.finish(1);
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    MessageReader messages(cut);
    EXPECT_FALSE(messages.next()) << length;
    EXPECT_FALSE(messages.well_formed()) << length;
  }
}

TEST(AttributeReader, RefusesLengthsThatCannotBe) {
  const struct {
    const char* what;
    std::vector<std::uint8_t> bytes;
  } cases[] = {
      {"shorter than its own header", {3, 0, 1, 0}},
      {"zero, which would never end", {0, 0, 1, 0, 0, 0, 0, 0}},
      {"longer than what is there", {9, 0, 1, 0, 1, 2, 3, 4}},
      {"half a header", {4, 0, 1}},
      {"half a header behind a whole attribute", {4, 0, 1, 0, 4, 0}},
  };
  for (const auto& c : cases) {
    AttributeReader attributes(c.bytes);
    while (attributes.next()) {
    }
    EXPECT_FALSE(attributes.well_formed()) << c.what;
  }
}

TEST(AttributeReader, TakesALastAttributeWithoutItsPadding) {
  const std::vector<std::uint8_t> bytes = {5, 0, 1, 0, 42};
  AttributeReader attributes(bytes);
  EXPECT_EQ(attributes.next()->u8(), 42);
  EXPECT_FALSE(attributes.next());
  EXPECT_TRUE(attributes.well_formed());
}

TEST(Attribute, TextEndsAtItsNulOrWithThePayload) {
  const std::vector<std::uint8_t> bytes = {'w', 'g', 0, 'x'};
  EXPECT_EQ((Attribute{1, bytes}.text()), "wg");
  EXPECT_EQ((Attribute{1, Bytes(bytes).first(2)}.text()), "wg");
  EXPECT_EQ((Attribute{1, {}}.text()), "");
}

TEST(MessageView, HasNoHeaderWhenItIsTooShort) {
  const std::vector<std::uint8_t> bytes = {1, 2, 3};
  const MessageView view{.type = 1, .flags = 0, .sequence = 0, .payload = bytes};
  EXPECT_FALSE(view.header<Family>());
  EXPECT_FALSE(view.attributes_after(4).next());
}

}  // namespace
}  // namespace innernet::netlink
