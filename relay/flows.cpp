#include "flows.hpp"

#include <sodium.h>

#include <cstring>
#include <utility>
#include <vector>

namespace innernet::relay {
namespace {

std::size_t sip_hash(const SeededHash::Seed& seed, std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, crypto_shorthash_BYTES> out;
  crypto_shorthash(out.data(), bytes.data(), bytes.size(), seed.data());
  std::size_t hash = 0;
  static_assert(sizeof hash <= sizeof out);
  std::memcpy(&hash, out.data(), sizeof hash);
  return hash;
}

}  // namespace

std::size_t SeededHash::operator()(std::uint64_t number) const {
  std::array<std::uint8_t, sizeof number> bytes;
  std::memcpy(bytes.data(), &number, sizeof number);
  return sip_hash(seed_, bytes);
}

std::size_t SeededHash::operator()(const SocketAddress& address) const {
  std::array<std::uint8_t, 18> bytes{};
  const auto ip = address.ip.bytes();
  std::memcpy(bytes.data(), ip.data(), ip.size());
  std::memcpy(bytes.data() + 16, &address.port, 2);
  return sip_hash(seed_, bytes);
}

std::uint32_t& Flows::count(PartyId to) {
  if (to >= counts_.size()) counts_.resize(to + 1);
  return counts_[to];
}

Flow* Flows::find(const FlowKey& key, Ticks now) {
  const auto at = table_.find(key);
  if (at == table_.end()) return nullptr;
  if (!at->second.is_over(now)) return &at->second;
  --count(at->second.to);
  table_.erase(at);
  return nullptr;
}

bool Flows::put(const FlowKey& key, const Flow& flow, Ticks now) {
  const auto [at, is_new] = table_.try_emplace(key, flow);
  if (!is_new) {
    if (at->second.to != flow.to && !at->second.is_over(now)) return false;
    --count(at->second.to);
    at->second = flow;
  }
  ++count(flow.to);
  return true;
}

void Flows::erase(const FlowKey& key) {
  const auto at = table_.find(key);
  if (at == table_.end()) return;
  --count(at->second.to);
  table_.erase(at);
}

void Flows::purge(Ticks now, const std::function<bool(PartyId from, PartyId to)>& is_gone) {
  boost::unordered::erase_if(table_, [&](const auto& entry) {
    const bool goes = entry.second.is_over(now) || is_gone(entry.first.from, entry.second.to);
    if (goes) --count(entry.second.to);
    return goes;
  });
}

void Flows::hand_over(PartyId from, PartyId to) {
  std::vector<std::pair<FlowKey, Flow>> moved;
  for (auto& [key, flow] : table_) {
    if (flow.to == from) flow.to = to;
    if (key.from == from) moved.emplace_back(key, flow);
  }
  count(to) += std::exchange(count(from), 0);
  for (const auto& [key, flow] : moved) {
    table_.erase(key);
    const bool has_place = table_.try_emplace({.from = to, .receiver = key.receiver}, flow).second;
    if (!has_place) --count(flow.to);
  }
}

}  // namespace innernet::relay
