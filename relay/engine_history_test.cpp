// Histories of chance: what the engine passes on is what a plain map of addresses and indices says, however members register, move, leave
// and come back meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "engine_world.hpp"

namespace innernet::relay {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kPeers = 6;
constexpr auto kThreeMinutes = seconds(180);
constexpr auto kTenSeconds = seconds(10);

// Without tables, places and sweeps: a party is "m3", or an address.
class Oracle {
 public:
  struct Place {
    SocketAddress address;
    BootTime since;
    bool shown = true;
  };
  struct Flow {
    std::string to;
    BootTime used;
    bool answered = false;
  };

  std::map<std::string, Place> places;
  std::map<std::pair<std::string, std::uint32_t>, Flow> flows;
  std::set<std::uint32_t> members;
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;

  static bool is_member(const std::string& party) { return party[0] == 'm'; }
  static std::string name(std::uint32_t member) { return "m" + std::to_string(member); }
  static std::uint32_t number(const std::string& party) { return static_cast<std::uint32_t>(std::stoul(party.substr(1))); }

  bool may(const std::string& a, const std::string& b) const {
    return !is_member(a) || !is_member(b) || pairs.contains({number(a), number(b)}) || pairs.contains({number(b), number(a)});
  }

  void drop_what_is_over(BootTime now) {
    std::erase_if(places, [&](const auto& entry) {
      const auto& [party, place] = entry;
      return now - place.since >= (place.shown ? std::chrono::nanoseconds(kThreeMinutes) : std::chrono::nanoseconds(kTenSeconds));
    });
    std::erase_if(flows, [&](const auto& entry) {
      const Flow& flow = entry.second;
      return now - flow.used >= (flow.answered ? std::chrono::nanoseconds(kThreeMinutes) : std::chrono::nanoseconds(kTenSeconds));
    });
    drop_flows_of_nobody();
  }

  // A party that is no longer there has no flows, also when it comes back.
  void drop_flows_of_nobody() {
    std::erase_if(flows, [&](const auto& entry) {
      const auto& from = entry.first.first;
      const auto& to = entry.second.to;
      return !places.contains(from) || !places.contains(to) || !may(from, to);
    });
  }

  std::string at(const SocketAddress& address) const {
    for (const auto& [party, place] : places)
      if (place.address == address) return party;
    return {};
  }

  void place_member(std::uint32_t member, const SocketAddress& address, BootTime since) {
    const std::string there = at(address), party = name(member);
    if (!there.empty() && there != party) {
      places.erase(there);
      if (!is_member(there)) {
        std::map<std::pair<std::string, std::uint32_t>, Flow> moved;
        for (const auto& [key, flow] : flows) {
          auto& kept = moved[{key.first == there ? party : key.first, key.second}] = flow;
          if (flow.to == there) kept.to = party;
        }
        flows = moved;
      }
    }
    places[party] = {.address = address, .since = since};
    drop_flows_of_nobody();
  }

  void change(std::set<std::uint32_t> new_members, std::set<std::pair<std::uint32_t, std::uint32_t>> new_pairs) {
    members = std::move(new_members);
    pairs = std::move(new_pairs);
    std::erase_if(places, [&](const auto& entry) { return is_member(entry.first) && !members.contains(number(entry.first)); });
    drop_flows_of_nobody();
  }

  bool initiate(BootTime now, const SocketAddress& source, std::uint32_t to, std::uint32_t sender) {
    std::string from = at(source);
    if (from == name(to) || !places.contains(name(to)) || !may(from.empty() ? "s" : from, name(to))) return false;
    if (from.empty()) {
      from = source.to_string();
      places[from] = {.address = source, .since = now, .shown = false};
    }
    if (!places[from].shown) places[from].since = now;
    auto& flow = flows[{name(to), sender}];
    if (!flow.to.empty() && flow.to != from) return false;
    flow = {.to = from, .used = now};
    return true;
  }

  std::optional<SocketAddress> respond(BootTime now, const SocketAddress& source, std::uint32_t sender, std::uint32_t receiver) {
    const std::string from = at(source);
    const auto flow = flows.find({from, receiver});
    if (flow == flows.end() || flow->second.answered) return std::nullopt;
    const std::string to = flow->second.to;
    flow->second.answered = true;
    flow->second.used = now;
    auto& back = flows[{to, sender}];
    if (!back.to.empty() && back.to != from) return std::nullopt;
    back = {.to = from, .used = now, .answered = true};
    return places[to].address;
  }

  std::optional<SocketAddress> cookie(const SocketAddress& source, std::uint32_t receiver) {
    const auto flow = flows.find({at(source), receiver});
    if (flow == flows.end()) return std::nullopt;
    const Place& to = places[flow->second.to];
    if (!flow->second.answered)
      flows.erase(flow);
    else if (!to.shown)
      return std::nullopt;
    return to.address;
  }

  std::optional<SocketAddress> send(BootTime now, const SocketAddress& source, std::uint32_t receiver) {
    const std::string from = at(source);
    const auto flow = flows.find({from, receiver});
    if (flow == flows.end() || !flow->second.answered || !places[flow->second.to].shown) return std::nullopt;
    flow->second.used = now;
    if (!is_member(from)) places[from] = {.address = source, .since = now};
    return places[flow->second.to].address;
  }
};

class History {
 public:
  explicit History(std::uint32_t seed) : random_(seed), world_(unlimited(), kPeers, seed) {
    for (std::uint32_t i = 0; i < kPeers; ++i) {
      oracle_.members.insert(i);
      for (std::uint32_t j = 0; j < i; ++j) oracle_.pairs.insert({i, j});
    }
  }

  void step() {
    switch (below(12)) {
      case 0:
        return enlist(below(kPeers), somewhere());
      case 1:
        return roam(below(kPeers), somewhere());
      case 2:
        return initiate();
      case 3:
        return initiate();
      case 4:
        return respond();
      case 5:
        return respond();
      case 6:
        return send_cookie_reply();
      case 7:
        return pass_time();
      case 8:
        return below(5) == 0 ? change_membership() : junk();
      default:
        return send_data();
    }
  }

  std::uint64_t passed() { return world_.counters().passed_on; }

  void check_places() {
    std::map<std::string, SocketAddress> expected, found;
    for (const auto& [party, place] : oracle_.places)
      if (Oracle::is_member(party)) expected[party] = place.address;
    const Snapshot snapshot = world_.snapshot();
    for (const Registered& member : snapshot.members)
      for (std::uint32_t i = 0; i < kPeers; ++i)
        if (world_.peers[i].key() == member.key) found[Oracle::name(i)] = member.address;
    EXPECT_EQ(found, expected);
    EXPECT_EQ(snapshot.strangers, oracle_.places.size() - expected.size());
    EXPECT_EQ(snapshot.flows, oracle_.flows.size());
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  SocketAddress somewhere() { return address(static_cast<std::uint8_t>(1 + below(5))); }
  std::uint32_t index() { return 1 + below(6); }  // few, so that they meet

  struct Said {
    SocketAddress from;
    std::uint32_t receiver = 0;
  };
  // Mostly something that fits to a flow.
  Said something() {
    Said out{.from = somewhere(), .receiver = index()};
    if (oracle_.flows.empty() || below(4) == 0) return out;
    const auto& key = std::next(oracle_.flows.begin(), below(static_cast<std::uint32_t>(oracle_.flows.size())))->first;
    return {.from = oracle_.places[key.first].address, .receiver = key.second};
  }

  // Whoever was away once is not back with its old flows: from the next sweep on.
  void sweep() { world_.snapshot(); }

  void expect(const std::optional<Sent>& sent, const std::optional<SocketAddress>& to) {
    EXPECT_EQ(sent.has_value(), to.has_value());
    if (sent && to) {
      EXPECT_EQ(sent->to, *to);
    }
  }

  void enlist(std::uint32_t peer, const SocketAddress& where) {
    world_.pass(std::chrono::milliseconds(100));  // a peer's second handshake within that is a flood
    oracle_.drop_what_is_over(world_.now);
    const bool is_member = oracle_.members.contains(peer);
    EXPECT_EQ(world_.enlist(peer, where), is_member);
    if (is_member) oracle_.place_member(peer, where, world_.now);
    sweep();
  }

  void roam(std::uint32_t peer, const SocketAddress& where) {
    const auto at = oracle_.places.find(Oracle::name(peer));
    if (at == oracle_.places.end()) return;
    world_.send(where, world_.peers[peer].keepalive());
    oracle_.place_member(peer, where, at->second.since);
    sweep();
  }

  void initiate() {
    const auto from = below(kPeers), to = below(kPeers), sender = index();
    if (from == to) return;
    const auto where = somewhere();
    const auto sent = world_.send(where, world_.peers[from].initiate(world_.peers[to].key(), sender));
    const bool passed = oracle_.initiate(world_.now, where, to, sender);
    expect(sent, passed ? std::optional(oracle_.places[Oracle::name(to)].address) : std::nullopt);
  }

  void respond() {
    const auto [where, receiver] = something();
    const auto sender = index();
    expect(world_.send(where, response(sender, receiver)), oracle_.respond(world_.now, where, sender, receiver));
  }

  void send_cookie_reply() {
    const auto [where, receiver] = something();
    expect(world_.send(where, cookie_reply(receiver)), oracle_.cookie(where, receiver));
  }

  void send_data() {
    const auto [where, receiver] = something();
    expect(world_.send(where, data(receiver)), oracle_.send(world_.now, where, receiver));
  }

  void pass_time() {
    world_.pass(seconds(below(4) == 0 ? below(200) : below(8)));
    oracle_.drop_what_is_over(world_.now);
    sweep();
  }

  void change_membership() {
    std::set<std::uint32_t> members;
    std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (std::uint32_t i = 0; i < kPeers; ++i) {
      if (below(5) != 0) members.insert(i);
      for (std::uint32_t j = 0; j < i; ++j)
        if (below(4) != 0) pairs.insert({i, j});
    }
    world_.set_membership({members.rbegin(), members.rend()}, {pairs.begin(), pairs.end()});
    oracle_.change(members, pairs);
  }

  void junk() {
    Bytes bytes(below(200));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    if (bytes.size() > 4 && below(2) == 0) bytes = {static_cast<std::uint8_t>(below(6)), 0, 0, 0, bytes[4]};
    EXPECT_EQ(world_.send(somewhere(), bytes), std::nullopt);
  }

  std::mt19937 random_;
  World world_;
  Oracle oracle_;
};

TEST(EngineHistory, IsWhatAPlainMapSays) {
  std::uint64_t passed = 0;
  for (std::uint32_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    for (int step = 0; step < 400; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      history.step();
      if (step % 20 == 19) history.check_places();
      if (::testing::Test::HasFailure()) return;
    }
    passed += history.passed();
  }
  EXPECT_GT(passed, 500U) << "too little for these histories to say anything";
}

}  // namespace
}  // namespace innernet::relay
