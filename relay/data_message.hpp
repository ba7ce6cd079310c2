#pragma once

#include <cstdint>
#include <span>

#include "message.hpp"

/// The messages of a session (white paper, 5.4.6). Nothing here looks for replays.
namespace innernet::relay {

/// Whether `data` was made with this key; then what it holds is in `text`, which has to be 16 bytes shorter than the payload.
bool open_data(std::span<const std::uint8_t, 32> key, const Data& data, std::span<std::uint8_t> text);

/// Where the text of a message lies.
inline std::span<std::uint8_t> text_of(std::span<std::uint8_t> message) { return message.subspan(16, message.size() - kLeastDataSize); }

/// Makes a message of a text that lies in it already, where text_of() has it.
void seal_data(std::span<std::uint8_t> message, std::span<const std::uint8_t, 32> key, std::uint32_t receiver, std::uint64_t counter);

}  // namespace innernet::relay
