#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "innernet/publicip/publicip.hpp"

namespace innernet::publicip {
namespace {

using ::testing::ElementsAreArray;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t kId = 0x1234;

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

Bytes operator+(Bytes first, const Bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

const Bytes kName = bytes("\x0awhatismyip\x02on\x05quad9\x03net") + Bytes{0};

Bytes header(std::uint16_t flags = 0x8180, std::uint8_t questions = 1, std::uint8_t answers = 1, std::uint8_t authorities = 0,
             std::uint8_t additional = 0) {
  return {0x12,
          0x34,
          static_cast<std::uint8_t>(flags >> 8),
          static_cast<std::uint8_t>(flags & 0xFF),
          0,
          questions,
          0,
          answers,
          0,
          authorities,
          0,
          additional};
}

const Bytes kQuestionA = kName + Bytes{0, 1, 0, 1};      // type A, class IN
const Bytes kQuestionAaaa = kName + Bytes{0, 28, 0, 1};  // type AAAA, class IN
const Bytes kPointer = {0xC0, 0x0C};                     // to the question's name
const Bytes kRestA = {0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7};
const Bytes kRestAaaa = {0, 28, 0, 1, 0, 0, 0, 60, 0, 16, 0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
const Bytes kAnswerA = header() + kQuestionA + kPointer + kRestA;
const Bytes kAnswerAaaa = header() + kQuestionAaaa + kPointer + kRestAaaa;
const Bytes kOpt = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};  // EDNS, additional section

TEST(DnsQuery, IsOneQuestionForTheNameThatEchoesAddresses) {
  EXPECT_THAT(encode_query(kId, Family::kIpv4), ElementsAreArray(header(0x0100, 1, 0) + kQuestionA));
  EXPECT_THAT(encode_query(kId, Family::kIpv6), ElementsAreArray(header(0x0100, 1, 0) + kQuestionAaaa));
}

TEST(DnsAnswer, GivesTheAddress) {
  EXPECT_EQ(decode_answer(kAnswerA, kId, Family::kIpv4)->to_string(), "203.0.113.7");
  EXPECT_EQ(decode_answer(kAnswerAaaa, kId, Family::kIpv6)->to_string(), "2001:db8::7");
}

TEST(DnsAnswer, MayBeWrittenInOtherWays) {
  const Bytes upper_case = bytes("\x0aWhatIsMyIP\x02ON\x05Quad9\x03NET") + Bytes{0};
  const Bytes half_compressed = bytes("\x0awhatismyip\x02on") + Bytes{0xC0, 0x1A};  // "quad9.net" of the question
  const Bytes cname = kPointer + Bytes{0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xC0, 0x17};
  const Bytes cases[] = {
      header() + kQuestionA + kName + kRestA,
      header() + kQuestionA + upper_case + kRestA,
      header() + upper_case + Bytes{0, 1, 0, 1} + kPointer + kRestA,
      header() + kQuestionA + half_compressed + kRestA,
      header(0x8580) + kQuestionA + kPointer + kRestA,                     // authoritative
      header(0x8180, 1, 1, 0, 1) + kQuestionA + kPointer + kRestA + kOpt,  // with EDNS
      header(0x8180, 1, 2) + kQuestionA + cname + kPointer + kRestA,       // another record first
      header(0x8180, 1, 2) + kQuestionA + kPointer + kRestA + kPointer +
          Bytes{0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4},  // the first counts
  };
  for (const auto& message : cases) {
    const auto address = decode_answer(message, kId, Family::kIpv4);
    ASSERT_TRUE(address) << address.error().message();
    EXPECT_EQ(address->to_string(), "203.0.113.7");
  }
}

TEST(DnsAnswer, IsRefusedWhenItDoesNotAnswerThisQuery) {
  const Bytes other_name = bytes("\x0awhatismyip\x02on\x05quad8\x03net") + Bytes{0};
  const Bytes dotted_label = bytes("\x0dwhatismyip.on\x05quad9\x03net") + Bytes{0};
  const struct {
    const char* why;
    Bytes message;
  } cases[] = {
      {"another id", Bytes{0x12, 0x35} + Bytes(kAnswerA.begin() + 2, kAnswerA.end())},
      {"a query", header(0x0100) + kQuestionA + kPointer + kRestA},
      {"opcode", header(0x8980) + kQuestionA + kPointer + kRestA},
      {"truncated", header(0x8380) + kQuestionA + kPointer + kRestA},
      {"SERVFAIL", header(0x8182) + kQuestionA + kPointer + kRestA},
      {"NXDOMAIN", header(0x8183, 1, 0) + kQuestionA},
      {"REFUSED", header(0x8185, 1, 0) + kQuestionA},
      {"no question", header(0x8180, 0, 1) + kName + kRestA},
      {"two questions", header(0x8180, 2, 1) + kQuestionA + kQuestionA + kPointer + kRestA},
      {"another question", header() + other_name + Bytes{0, 1, 0, 1} + kPointer + kRestA},
      {"a dot within a label", header() + dotted_label + Bytes{0, 1, 0, 1} + kPointer + kRestA},
      {"type of the question", kAnswerAaaa},
      {"class of the question", header() + kName + Bytes{0, 1, 0, 3} + kPointer + kRestA},
      {"no answer", header(0x8180, 1, 0) + kQuestionA},
      {"owner of the answer", header() + kQuestionA + other_name + kRestA},
      {"type of the answer", header() + kQuestionA + kPointer + kRestAaaa},
      {"class of the answer", header() + kQuestionA + kPointer + Bytes{0, 1, 0, 3, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7}},
      {"3 bytes", header() + kQuestionA + kPointer + Bytes{0, 1, 0, 1, 0, 0, 0, 60, 0, 3, 203, 0, 113}},
      {"5 bytes", header() + kQuestionA + kPointer + Bytes{0, 1, 0, 1, 0, 0, 0, 60, 0, 5, 203, 0, 113, 7, 7}},
      {"0 bytes", header() + kQuestionA + kPointer + Bytes{0, 1, 0, 1, 0, 0, 0, 60, 0, 0}},
      {"length beyond the end", header() + kQuestionA + kPointer + Bytes{0, 1, 0, 1, 0, 0, 0, 60, 0xFF, 0xFF, 203, 0, 113, 7}},
      {"0.0.0.0", header() + kQuestionA + kPointer + Bytes{0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 0, 0, 0, 0}},
      {"multicast", header() + kQuestionA + kPointer + Bytes{0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 224, 0, 0, 1}},
      {"an address elsewhere", header(0x8180, 1, 0, 0, 1) + kQuestionA + kPointer + kRestA},
      {"more answers promised", header(0x8180, 1, 2) + kQuestionA + kPointer + kRestA},
      {"65,535 answers promised", Bytes{0x12, 0x34, 0x81, 0x80, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0} + kQuestionA + kPointer + kRestA},
      {"bytes behind the end", kAnswerA + Bytes{0}},
      {"a name that points to itself", header() + kQuestionA + Bytes{0xC0, 0x2B} + kRestA},
      {"a name that points forwards", header() + kQuestionA + Bytes{0xC0, 0x30} + kRestA},
      {"a name that points beyond the end", header() + kQuestionA + Bytes{0xFF, 0xFF} + kRestA},
      {"a name that points into the header", header() + kQuestionA + Bytes{0xC0, 0x00} + kRestA},
      {"a loop of names", header() + Bytes{1, 'a', 0xC0, 0x0C} + Bytes{0, 1, 0, 1} + kPointer + kRestA},
      {"a label of an unknown kind", header() + kQuestionA + Bytes{0x40, 1, 0} + kRestA},
      {"a name without an end", header() + Bytes(500, 1)},
      {"a name of 600 bytes", header() +
                                  [] {
                                    Bytes name;
                                    for (int i = 0; i < 10; ++i) name = name + Bytes{60} + Bytes(60, 'a');
                                    return name;
                                  }() +
                                  Bytes{0, 0, 1, 0, 1} + kPointer + kRestA},
      {"nothing", {}},
  };
  for (const auto& c : cases) {
    const auto address = decode_answer(c.message, kId, Family::kIpv4);
    ASSERT_FALSE(address) << c.why;
    EXPECT_EQ(address.error().kind(), ErrorKind::kInvalidInput) << c.why;
  }
  EXPECT_FALSE(decode_answer(kAnswerA, kId, Family::kIpv6));
}

// Cut to its exact size on the heap, so that a sanitizer sees a read of one byte too many.
TEST(DnsAnswer, CutOffAnywhereIsRefused) {
  const Bytes whole[] = {kAnswerA, kAnswerAaaa, header(0x8180, 1, 1, 0, 1) + kQuestionA + kPointer + kRestA + kOpt};
  for (const auto& message : whole)
    for (std::size_t size = 0; size < message.size(); ++size) {
      const Bytes cut(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(decode_answer(cut, kId, Family::kIpv4)) << size;
      EXPECT_FALSE(decode_answer(cut, kId, Family::kIpv6)) << size;
    }
}

// Only the time to live, flags that don't matter and the address itself may differ from what was expected.
TEST(DnsAnswer, WithAnyOneByteChangedNeverCrashes) {
  for (std::size_t at = 0; at < kAnswerA.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      Bytes changed = kAnswerA;
      changed[at] = static_cast<std::uint8_t>(value);
      const auto address = decode_answer(changed, kId, Family::kIpv4);
      const bool in_address = at >= kAnswerA.size() - 4;
      if (address && !in_address) {
        EXPECT_EQ(address->to_string(), "203.0.113.7") << at << " " << value;
      }
    }
}

}  // namespace
}  // namespace innernet::publicip
