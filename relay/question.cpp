#include "question.hpp"

#include <algorithm>

namespace innernet::relay {
namespace {

constexpr std::uint8_t kQuestion = 1, kAnswer = 2;
constexpr std::size_t kFamilyAt = 1, kPortAt = 2, kAddressAt = 4;

}  // namespace

void put_question(std::span<std::uint8_t> text) {
  std::ranges::fill(text, std::uint8_t{0});
  text[0] = kQuestion;
}

bool is_question(ByteView text) { return text.size() >= kAnswerText && text[0] == kQuestion; }

void put_answer(std::span<std::uint8_t> text, const SocketAddress& seen_at) {
  std::ranges::fill(text, std::uint8_t{0});
  text[0] = kAnswer;
  text[kFamilyAt] = seen_at.ip.is_v4() ? 4 : 6;
  text[kPortAt] = static_cast<std::uint8_t>(seen_at.port >> 8U);
  text[kPortAt + 1] = static_cast<std::uint8_t>(seen_at.port);
  std::ranges::copy(seen_at.ip.bytes(), text.begin() + kAddressAt);
}

std::optional<SocketAddress> parse_answer(ByteView text) {
  if (text.size() < kAnswerText || text[0] != kAnswer) return std::nullopt;
  const auto port = static_cast<std::uint16_t>(text[kPortAt] << 8U | text[kPortAt + 1]);
  if (text[kFamilyAt] == 4) return SocketAddress{.ip = IpAddress::v4(text.subspan<kAddressAt, 4>()), .port = port};
  if (text[kFamilyAt] == 6) return SocketAddress{.ip = IpAddress::v6(text.subspan<kAddressAt, 16>()), .port = port};
  return std::nullopt;
}

}  // namespace innernet::relay
