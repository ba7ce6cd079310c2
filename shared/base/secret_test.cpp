#include "innernet/base/secret.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <new>

namespace innernet {
namespace {

// Looks for `needle` in the bytes of an object: while it lives, or after it went when the memory is ours.
bool holds(const unsigned char* memory, std::size_t size, std::string_view needle) {
  // To the compiler the memory of an object that went has no value, and it says so: read it as what may change behind its back.
  const volatile unsigned char* const left_behind = memory;
  std::string seen;
  for (std::size_t i = 0; i < size; ++i) seen += static_cast<char>(left_behind[i]);
  return seen.find(needle) != std::string::npos;
}

template <class T>
bool holds(const T& object, std::string_view needle) {
  return holds(reinterpret_cast<const unsigned char*>(&object), sizeof object, needle);
}

std::array<std::uint8_t, 8> bytes_of(const char (&text)[9]) {
  std::array<std::uint8_t, 8> bytes{};
  std::memcpy(bytes.data(), text, bytes.size());
  return bytes;
}

TEST(SecretBytes, AreGoneFromWhereTheyWereMovedFrom) {
  SecretBytes<8> from(bytes_of("hunter2!")), to;
  to = std::move(from);
  EXPECT_TRUE(holds(to, "hunter2!"));
  EXPECT_FALSE(holds(from, "hunter2!"));
}

TEST(SecretText, IsCopiedWholeAndGoneFromWhereItWasMovedFrom) {
  SecretText from("hunter2!"), copy("another"), to("a third one");
  copy = from;
  EXPECT_EQ(copy.reveal(), "hunter2!");
  EXPECT_EQ(from.reveal(), "hunter2!");
  to = std::move(from);
  EXPECT_EQ(to.reveal(), "hunter2!");
  EXPECT_EQ(from.reveal(), "");
}

TEST(SecretBytes, AreGoneFromMemoryWhenTheyGo) {
  alignas(SecretBytes<8>) unsigned char memory[sizeof(SecretBytes<8>)];
  const auto bytes = bytes_of("hunter2!");
  auto* secret = new (memory) SecretBytes<8>(bytes);
  ASSERT_TRUE(holds(memory, sizeof memory, "hunter2!"));
  secret->~SecretBytes();
  EXPECT_FALSE(holds(memory, sizeof memory, "hunter2!"));
}

TEST(SecretBytes, MoveLeavesNothingBehindAndCopyKeepsBoth) {
  const auto bytes = bytes_of("hunter2!");
  SecretBytes<8> first(bytes);
  SecretBytes<8> second(first);
  EXPECT_TRUE(std::ranges::equal(first.reveal(), second.reveal()));
  SecretBytes<8> third(std::move(first));
  EXPECT_TRUE(std::ranges::equal(third.reveal(), bytes));
  EXPECT_FALSE(holds(first, "hunter2!"));
  SecretBytes<8> fourth;
  fourth = std::move(second);
  EXPECT_TRUE(std::ranges::equal(fourth.reveal(), bytes));
  EXPECT_FALSE(holds(second, "hunter2!"));
  auto& same = fourth;
  fourth = std::move(same);
  EXPECT_TRUE(std::ranges::equal(fourth.reveal(), bytes)) << "self-move keeps it";
}

// A string keeps up to 15 bytes inside itself, and a move copies those: they must not stay behind.
TEST(SecretText, ShortTextLeavesNothingBehindWhenMoved) {
  SecretText first(std::string("hunter2!"));
  SecretText second(std::move(first));
  EXPECT_EQ(second.reveal(), "hunter2!");
  EXPECT_FALSE(holds(first, "hunter2!"));
  SecretText third;
  third = std::move(second);
  EXPECT_EQ(third.reveal(), "hunter2!");
  EXPECT_FALSE(holds(second, "hunter2!"));
}

TEST(SecretText, IsGoneFromMemoryWhenItGoes) {
  alignas(SecretText) unsigned char memory[sizeof(SecretText)];
  auto* secret = new (memory) SecretText(std::string("hunter2!"));
  ASSERT_TRUE(holds(memory, sizeof memory, "hunter2!"));
  secret->~SecretText();
  EXPECT_FALSE(holds(memory, sizeof memory, "hunter2!"));
}

TEST(SecretText, ForgetsWhatWasCutOff) {
  SecretText secret(std::string("a hunter2!"));
  secret.edit().resize(1);
  secret = SecretText(std::string("b"));
  EXPECT_FALSE(holds(secret, "hunter2!"));
}

TEST(SecretText, CopiesAndAssigns) {
  const SecretText first(std::string(44, 'k'));
  SecretText second;
  second = first;
  EXPECT_EQ(second.reveal(), first.reveal());
  const auto& same = second;
  second = same;
  EXPECT_EQ(second.reveal(), first.reveal());
}

// No log line shows a secret by accident: there is no formatter.
static_assert(!fmt::is_formattable<SecretBytes<32>>::value);
static_assert(!fmt::is_formattable<SecretText>::value);

}  // namespace
}  // namespace innernet
