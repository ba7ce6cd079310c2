#include "noise.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "mac.hpp"
#include "noise_steps.hpp"

namespace innernet::relay {

std::optional<OpenedInitiation> open_initiation(const OwnKey& own, const Initiation& initiation) {
  OpenedInitiation out;
  out.sender = initiation.sender;
  std::ranges::copy(initiation.ephemeral, out.ephemeral.begin());
  out.hash = first_hash(own.public_key());
  mix_hash(out.hash, initiation.ephemeral);
  out.chaining_key = derive(first_chaining_key(), initiation.ephemeral).first;

  Key shared;
  if (!agree(shared, own.private_key().secret().reveal(), initiation.ephemeral)) return std::nullopt;
  Derived derived = derive(out.chaining_key, shared.reveal());
  Hash key{};
  if (!open_once(key, derived.second, initiation.static_key, out.hash)) return std::nullopt;
  out.initiator = wg::PublicKey::from_bytes(key);
  mix_hash(out.hash, initiation.static_key);

  if (!agree(shared, own.private_key().secret().reveal(), key)) return std::nullopt;
  derived = derive(derived.first, shared.reveal());
  if (!open_once(out.timestamp, derived.second, initiation.timestamp, out.hash)) return std::nullopt;
  mix_hash(out.hash, initiation.timestamp);
  out.chaining_key = derived.first;
  return out;
}

std::optional<Answered> answer(const OpenedInitiation& opened, std::span<const std::uint8_t, 32> ephemeral, std::uint32_t own_index) {
  Answered out;
  const std::span<std::uint8_t, kResponseSize> to(out.response);
  to[0] = static_cast<std::uint8_t>(MessageType::kResponse);
  put_le32(to.subspan<4, 4>(), own_index);
  put_le32(to.subspan<8, 4>(), opened.sender);

  const auto point = to.subspan<12, 32>();
  if (crypto_scalarmult_base(point.data(), ephemeral.data()) != 0) return std::nullopt;
  Hash h = opened.hash;
  mix_hash(h, point);
  Key chaining_key = derive(opened.chaining_key, point).first;

  Key shared;
  if (!agree(shared, ephemeral, opened.ephemeral)) return std::nullopt;
  chaining_key = derive(chaining_key, shared.reveal()).first;
  if (!agree(shared, ephemeral, opened.initiator.bytes())) return std::nullopt;
  chaining_key = derive(chaining_key, shared.reveal()).first;

  constexpr std::array<std::uint8_t, 32> kNoPresharedKey{};
  const Derived derived = derive(chaining_key, kNoPresharedKey);
  mix_hash(h, derived.second.reveal());
  seal_once(to.subspan<44, 16>(), derived.third, {}, h);
  Derived keys = derive(derived.first, {});
  out.receive_key = std::move(keys.first);
  out.send_key = std::move(keys.second);

  std::ranges::copy(mac(mac1_key(opened.initiator), to.first<60>()), to.subspan<60, kMacSize>().begin());
  return out;
}

}  // namespace innernet::relay
