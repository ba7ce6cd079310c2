#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "innernet/base/ip.hpp"

namespace innernet::relay {

/// A tenth of a second since the relay's start: 32 bits of them last 13 years.
using Ticks = std::uint32_t;
constexpr Ticks kTicksPerSecond = 10;
/// WireGuard's REJECT_AFTER_TIME (white paper, 6.1): no session is older, so nothing has to be remembered for longer.
constexpr Ticks kRejectAfter = 180 * kTicksPerSecond;
/// An answer to an initiation comes by then, or the initiator has sent another one: REKEY_TIMEOUT is five seconds.
constexpr Ticks kAnswerWithin = 10 * kTicksPerSecond;

/// A party to a flow, by its place in the engine's table.
using PartyId = std::uint32_t;

/// SipHash with a key that nobody knows: what is hashed is chosen by others.
class SeededHash {
 public:
  using Seed = std::array<std::uint8_t, 16>;
  using is_avalanching = void;

  explicit SeededHash(const Seed& seed) : seed_(seed) {}

  std::size_t operator()(std::uint64_t number) const;
  std::size_t operator()(const SocketAddress& address) const;

 private:
  Seed seed_;
};

/// What a party sends to an index of another's: a session is two flows.
struct FlowKey {
  PartyId from = 0;
  std::uint32_t receiver = 0;

  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

struct Flow {
  PartyId to = 0;
  Ticks used = 0;
  bool answered = false;  ///< else its receiver has sent an initiation, to which no response has come yet

  bool is_over(Ticks now) const { return now - used >= (answered ? kRejectAfter : kAnswerWithin); }
};

/// Where a message goes by who sent it and by its receiver index. At most 20 bytes each, with its share of the table below 50.
class Flows {
 public:
  explicit Flows(const SeededHash::Seed& seed) : table_(0, Hash{SeededHash(seed)}) {}

  /// Null: there is none, or it is over. Valid until the next change.
  Flow* find(const FlowKey& key, Ticks now);
  /// False: the key is taken by a flow to somebody else, which goes on.
  bool put(const FlowKey& key, const Flow& flow, Ticks now);
  void erase(const FlowKey& key);

  /// Those that are over go, and those for which `is_gone` says so.
  void purge(Ticks now, const std::function<bool(PartyId from, PartyId to)>& is_gone);
  /// What was `from`'s is `to`'s.
  void hand_over(PartyId from, PartyId to);

  std::size_t size() const { return table_.size(); }
  /// Those to indices of `party`.
  std::size_t count_to(PartyId party) const { return party < counts_.size() ? counts_[party] : 0; }

 private:
  struct Hash {
    using is_avalanching = void;
    SeededHash hash;
    std::size_t operator()(const FlowKey& key) const { return hash(std::uint64_t{key.from} << 32U | key.receiver); }
  };

  using Table = boost::unordered_flat_map<FlowKey, Flow, Hash>;

  std::uint32_t& count(PartyId to);

  Table table_;
  std::vector<std::uint32_t> counts_;  // by their `to`
};

}  // namespace innernet::relay
