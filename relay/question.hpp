#pragma once

#include <optional>
#include <span>

#include "innernet/base/ip.hpp"
#include "message.hpp"

/// What a question and its answer hold (doc/relay.md has the format). Neither can be taken for an IP packet, nor one for the other.
namespace innernet::relay {

constexpr std::size_t kAnswerText = 20;
constexpr std::size_t kLeastQuestion = kLeastDataSize + kAnswerText;
constexpr std::size_t kLargestQuestion = 1500;
/// In one session; their counters are below.
constexpr std::uint64_t kQuestions = 64;

void put_question(std::span<std::uint8_t> text);
bool is_question(ByteView text);

/// `text` holds a question.
void put_answer(std::span<std::uint8_t> text, const SocketAddress& seen_at);
std::optional<SocketAddress> parse_answer(ByteView text);

}  // namespace innernet::relay
