#include "initiator.hpp"

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace innernet::relay {

std::uint32_t Initiated::sender() const { return std::get<Initiation>(*parse_message(message)).sender; }

std::optional<Initiated> initiate(const OwnKey& own, const wg::PublicKey& responder, std::span<const std::uint8_t, 32> ephemeral,
                                  const Timestamp& timestamp, std::uint32_t sender) {
  Initiated out;
  out.responder = responder;
  out.ephemeral = SecretBytes<32>(ephemeral);
  const std::span<std::uint8_t, kInitiationSize> to(out.message);
  to[0] = static_cast<std::uint8_t>(MessageType::kInitiation);
  put_le32(to.subspan<4, 4>(), sender);

  const auto point = to.subspan<8, 32>();
  if (crypto_scalarmult_base(point.data(), ephemeral.data()) != 0) return std::nullopt;
  out.hash = first_hash(responder);
  mix_hash(out.hash, point);
  Derived derived = derive(first_chaining_key(), point);

  Key shared;
  if (!agree(shared, ephemeral, responder.bytes())) return std::nullopt;
  derived = derive(derived.first, shared.reveal());
  const auto static_key = to.subspan<40, 48>();
  seal_once(static_key, derived.second, own.public_key().bytes(), out.hash);
  mix_hash(out.hash, static_key);

  if (!agree(shared, own.private_key().secret().reveal(), responder.bytes())) return std::nullopt;
  derived = derive(derived.first, shared.reveal());
  const auto sealed_timestamp = to.subspan<88, 28>();
  seal_once(sealed_timestamp, derived.second, timestamp, out.hash);
  mix_hash(out.hash, sealed_timestamp);
  out.chaining_key = std::move(derived.first);

  std::ranges::copy(mac(mac1_key(responder), to.first<116>()), to.subspan<116, kMacSize>().begin());
  return out;
}

std::optional<Mac> open_cookie(const Initiated& initiated, ByteView reply) {
  const auto message = parse_message(reply);
  const auto* const parsed = message ? std::get_if<CookieReply>(&*message) : nullptr;
  if (parsed == nullptr || parsed->receiver != initiated.sender()) return std::nullopt;
  const auto mac1 = ByteView(initiated.message).subspan<116, kMacSize>();
  Mac cookie;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(cookie.data(), nullptr, nullptr, &reply[32], 32, mac1.data(), mac1.size(), &reply[8],
                                                 cookie_key(initiated.responder).data()) != 0)
    return std::nullopt;
  return cookie;
}

void put_cookie(std::span<std::uint8_t, kInitiationSize> initiation, ByteView cookie) {
  std::ranges::copy(mac(cookie, initiation.first<132>()), initiation.subspan<132, kMacSize>().begin());
}

std::optional<InitiatedSession> accept(const OwnKey& own, const Initiated& initiated, ByteView response) {
  const auto message = parse_message(response);
  const auto* const parsed = message ? std::get_if<Response>(&*message) : nullptr;
  if (parsed == nullptr || parsed->receiver != initiated.sender()) return std::nullopt;
  if (!same_mac(mac(mac1_key(own.public_key()), response.first(60)), response.subspan<60, kMacSize>())) return std::nullopt;

  const auto point = response.subspan<12, 32>();
  Hash h = initiated.hash;
  mix_hash(h, point);
  Key chaining_key = derive(initiated.chaining_key, point).first;
  Key shared;
  if (!agree(shared, initiated.ephemeral.reveal(), point)) return std::nullopt;
  chaining_key = derive(chaining_key, shared.reveal()).first;
  if (!agree(shared, own.private_key().secret().reveal(), point)) return std::nullopt;
  chaining_key = derive(chaining_key, shared.reveal()).first;
  constexpr std::array<std::uint8_t, 32> kNoPresharedKey{};
  const Derived derived = derive(chaining_key, kNoPresharedKey);
  mix_hash(h, derived.second.reveal());
  if (!open_once({}, derived.third, response.subspan<44, 16>(), h)) return std::nullopt;
  Derived keys = derive(derived.first, {});
  return InitiatedSession{.remote_index = parsed->sender, .send_key = std::move(keys.first), .receive_key = std::move(keys.second)};
}

Timestamp timestamp_before_the_kernels(WallTime now) {
  using std::chrono::nanoseconds;
  constexpr std::int64_t kRounded = 1 << 24;
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const std::int64_t rounded = (now - second).count() / kRounded * kRounded;
  const WallTime before = second + nanoseconds(rounded - 1);
  const auto whole = std::chrono::floor<std::chrono::seconds>(before);
  const std::uint64_t seconds = 0x4000'0000'0000'000A + static_cast<std::uint64_t>(whole.time_since_epoch().count());
  const auto rest = static_cast<std::uint32_t>((before - whole).count());
  Timestamp out;
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(seconds >> (56 - 8 * i));
  for (std::size_t i = 0; i < 4; ++i) out[8 + i] = static_cast<std::uint8_t>(rest >> (24 - 8 * i));
  return out;
}

}  // namespace innernet::relay
