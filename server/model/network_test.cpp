#include <gmock/gmock.h>

#include <bitset>
#include <random>

#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;

constexpr std::size_t kSpace = 32;
using Addresses = std::bitset<kSpace>;

/// Each address of a network of 32, one by one: what the rules are about, without any arithmetic of prefixes.
struct Space {
  std::string first;  // of /27 or /123
  bool v6 = false;

  IpAddress at(std::size_t n) const { return must(IpAddress::parse(first)).plus(n).value(); }
  IpNet net(std::size_t n, unsigned length) const { return must(IpNet::make(at(n), static_cast<std::uint8_t>((v6 ? 123 : 27) + length))); }
};

/// The addresses whose first `length` of five bits are those of `n`.
Addresses addresses(std::size_t n, unsigned length) {
  Addresses all;
  for (std::size_t i = 0; i < kSpace; ++i) {
    bool is_inside = true;
    for (unsigned bit = 0; bit < length; ++bit) is_inside = is_inside && ((i >> (4 - bit)) & 1U) == ((n >> (4 - bit)) & 1U);
    all[i] = is_inside;
  }
  return all;
}

TEST(SmallSpaces, HaveNetworksAsTheirAddressesSay) {
  std::size_t comparisons = 0;
  for (const Space& space : {Space{"10.1.2.32", false}, Space{"fd00::20", true}})
    for (std::size_t n = 0; n < kSpace; ++n)
      for (unsigned length = 0; length <= 5; ++length) {
        const IpNet net = space.net(n, length);
        const Addresses inside = addresses(n, length);
        std::vector<IpAddress> all;
        for (std::size_t i = 0; i < kSpace; ++i)
          if (inside[i]) all.push_back(space.at(i));
        SCOPED_TRACE(net.to_string());
        ASSERT_EQ(net.network(), all.front());
        ASSERT_EQ(net.broadcast(), all.back());
        for (std::size_t i = 0; i < kSpace; ++i) {
          const bool is_first = space.at(i) == all.front();
          const bool is_last = space.at(i) == all.back();
          ASSERT_EQ(net.contains(space.at(i)), inside[i]) << i;
          ASSERT_EQ(net.is_assignable(space.at(i)), inside[i] && (all.size() <= 2 || !(is_first || (is_last && !space.v6)))) << i;
          for (unsigned other_length = 0; other_length <= 5; ++other_length) {
            const IpNet other = space.net(i, other_length);
            const Addresses others = addresses(i, other_length);
            ASSERT_EQ(net.contains(other), (others & ~inside).none()) << other.to_string();
            ASSERT_EQ(net.overlaps(other), (others & inside).any()) << other.to_string();
            comparisons += 2;
          }
        }
      }
  RecordProperty("comparisons", static_cast<int>(comparisons));
}

struct Brute {
  struct One {
    CidrContents contents;
    CidrId id;
    Addresses addresses;
    bool has_peers = false;
  };
  std::vector<One> cidrs;

  const One* find(CidrId id) const {
    const auto found = std::ranges::find(cidrs, id, &One::id);
    return found == cidrs.end() ? nullptr : &*found;
  }
  /// The rules of a new CIDR by their words.
  bool allows(const CidrContents& contents, const Addresses& inside) const {
    if (contents.name.empty() || !contents.parent) return false;
    const One* const parent = find(*contents.parent);
    if (parent == nullptr || parent->has_peers) return false;
    const auto contains = [&](const One& cidr) { return (inside & ~cidr.addresses).none(); };
    if (!contains(*parent)) return false;
    return std::ranges::none_of(cidrs, [&](const One& other) {
      return other.contents.name == contents.name || other.addresses == inside ||
             (contains(other) && other.addresses.count() < parent->addresses.count()) ||
             (other.contents.parent == contents.parent && (other.addresses & inside).any());
    });
  }
};

TEST(SmallSpaces, TakeCidrsByTheWordsOfTheRules) {
  int allowed = 0, refused = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const Space space = seed % 2 == 0 ? Space{"10.1.2.32", false} : Space{"fd00::20", true};
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    Network network;
    Brute brute;
    const auto put = [&](CidrContents contents, const Addresses& inside) {
      const CidrId id{static_cast<std::int64_t>(brute.cidrs.size()) + 1};
      network.put_cidr({contents, id});
      brute.cidrs.push_back({std::move(contents), id, inside});
    };
    put({"root", space.net(0, 0), std::nullopt}, addresses(0, 0));
    for (int step = 0; step < 60; ++step) {
      const std::size_t n = pick(kSpace);
      const auto length = static_cast<unsigned>(pick(6));
      const CidrContents contents{
          fmt::format("c{}", pick(50)), space.net(n, length),
          pick(20) == 0 ? std::nullopt : std::optional(CidrId{static_cast<std::int64_t>(pick(brute.cidrs.size() + 1)) + 1})};
      const auto checked = network.check_new_cidr(contents);
      const bool expected = brute.allows(contents, addresses(n, length));
      ASSERT_EQ(checked.has_value(), expected) << "seed " << seed << " step " << step << ": " << contents.cidr.to_string() << " "
                                               << (checked ? "" : checked.error().message());
      ++(expected ? allowed : refused);
      if (expected) put(*checked, addresses(n, length));
      if (pick(12) == 0) {
        auto& crowded = brute.cidrs[pick(brute.cidrs.size())];
        const auto key = static_cast<std::uint32_t>(seed * 1000 + static_cast<unsigned>(step));
        Peer peer{peer_contents(fmt::format("p{}", step), crowded.contents.cidr.first_assignable(), crowded.id, key), PeerId{step + 2}};
        if (network.find_peer(peer.ip) == nullptr) {
          network.put_peer(std::move(peer));
          crowded.has_peers = true;
        }
      }
    }
  }
  EXPECT_GT(allowed, 1000);
  EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace innernet::server
