#include "test_peer.hpp"

#include <algorithm>

#include "data_message.hpp"

namespace innernet::relay {
namespace {

wg::PrivateKey private_key(std::uint32_t number) {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[8 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  bytes[0] = 0x10;
  return wg::PrivateKey::from_bytes(bytes);
}

std::vector<std::uint8_t> message(MessageType type, std::size_t size, std::uint32_t first) {
  std::vector<std::uint8_t> out(size);
  out[0] = static_cast<std::uint8_t>(type);
  put_le32(std::span(out).subspan<4, 4>(), first);
  return out;
}

}  // namespace

TestPeer::TestPeer(std::uint32_t number) : own_(relay::private_key(number)) {}

std::vector<std::uint8_t> TestPeer::initiate(const wg::PublicKey& responder, std::uint32_t sender) {
  Timestamp timestamp{0x40};
  for (std::size_t i = 0; i < 8; ++i) timestamp[4 + i] = static_cast<std::uint8_t>(time_ >> (56 - 8 * i));
  last_ = relay::initiate(own_, responder, hash(key().bytes(), timestamp), timestamp, sender);
  ++time_;
  return {last_.value().message.begin(), last_.value().message.end()};
}

bool TestPeer::accept(ByteView response) {
  auto session = relay::accept(own_, last_.value(), response);
  if (!session) return false;
  session_ = std::move(session);
  counter_ = 0;
  return true;
}

std::vector<std::uint8_t> TestPeer::message(ByteView text) {
  std::vector<std::uint8_t> out(kLeastDataSize + text.size());
  std::ranges::copy(text, text_of(out).begin());
  seal_data(out, session_.value().send_key.reveal(), session_->remote_index, counter_++);
  return out;
}

std::vector<std::uint8_t> TestPeer::question(std::size_t size) {
  std::vector<std::uint8_t> text(size - kLeastDataSize);
  put_question(text);
  return message(text);
}

std::optional<SocketAddress> TestPeer::open_answer(ByteView answer, std::uint64_t counter) const {
  const auto message = parse_message(answer);
  const auto* const data = message ? std::get_if<Data>(&*message) : nullptr;
  if (data == nullptr || data->counter != counter || data->receiver != last_.value().sender()) return std::nullopt;
  std::vector<std::uint8_t> text(answer.size() - kLeastDataSize);
  return open_data(session_.value().receive_key.reveal(), *data, text) ? parse_answer(text) : std::nullopt;
}

void TestPeer::put_mac2(std::vector<std::uint8_t>& initiation, ByteView cookie) {
  put_cookie(std::span(initiation).first<kInitiationSize>(), cookie);
}

std::vector<std::uint8_t> TestPeer::open_cookie(ByteView reply) const {
  const auto cookie = relay::open_cookie(last_.value(), reply);
  return cookie ? std::vector(cookie->begin(), cookie->end()) : std::vector<std::uint8_t>();
}

std::vector<std::uint8_t> hollow_initiation(const wg::PublicKey& receiver, std::uint32_t sender) {
  auto out = message(MessageType::kInitiation, kInitiationSize, sender);
  std::ranges::copy(mac(mac1_key(receiver), ByteView(out).first(116)), out.begin() + 116);
  return out;
}

std::vector<std::uint8_t> response(std::uint32_t sender, std::uint32_t receiver) {
  auto out = message(MessageType::kResponse, kResponseSize, sender);
  put_le32(std::span(out).subspan<8, 4>(), receiver);
  return out;
}

std::vector<std::uint8_t> cookie_reply(std::uint32_t receiver) { return message(MessageType::kCookieReply, kCookieReplySize, receiver); }

std::vector<std::uint8_t> data(std::uint32_t receiver, std::size_t size) { return message(MessageType::kData, size, receiver); }

}  // namespace innernet::relay
