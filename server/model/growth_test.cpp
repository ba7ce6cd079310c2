#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>

#include "testing/fixture.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

// Counted work instead of time. Sanitizers have their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define INNERNET_FOREIGN_ALLOCATOR
#endif
#endif
#ifndef INNERNET_FOREIGN_ALLOCATOR
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif
#endif

namespace innernet::server {
namespace {

using namespace testing;

struct Work {
  std::uint64_t add_peer = 0;
  std::uint64_t candidates = 0;
  std::uint64_t failed_commit = 0;
  std::uint64_t not_modified = 0;
  std::uint64_t state_bytes = 0;
};

template <class Do>
std::uint64_t allocations_of(Do&& work) {
  const std::uint64_t before = allocations;
  work();
  return allocations - before;
}

/// One large CIDR beside a small one.
Work measure(unsigned peers) {
  TempDir folder;
  const auto path = folder / "large.db";
  make_database(path, {});
  {
    auto registry = must(Registry::open(path));
    must(registry.write([&](Registry::Writer& writer) -> Result<void> {
      const Cidr crowd = must(writer.add_cidr({"crowd", *IpNet::parse("10.42.128.0/17"), kRootCidr}));
      must(writer.add_association({crowd.id, kHumans}));
      IpAddress ip = *IpAddress::parse("10.42.128.0");
      for (unsigned n = 0; n < peers; ++n) {
        ip = *ip.plus(1);
        must(writer.add_peer(peer_contents(fmt::format("p{}", n), ip, crowd.id, 10'000 + n)));
      }
      return {};
    }));
  }
  Server server({}, path);
  const auto state = [&] { return server.ask(server.admin(), "GET", "/v1/user/state"); };
  auto conditional = server.request(server.admin(), "GET", "/v1/user/state");
  Work work;
  conditional.if_none_match = state().etag;
  static_cast<void>(server.ask(conditional));
  work.not_modified = allocations_of([&] { EXPECT_EQ(server.ask(conditional).status, 304); });
  const auto crowd = server.coordinator->network().find_cidr(std::string_view("crowd"))->id;
  const std::string body = to_json(peer_contents("late", *IpAddress::parse("10.42.255.200"), crowd, 5000));
  work.add_peer = allocations_of([&] { EXPECT_EQ(server.ask(server.admin(), "POST", "/v1/admin/peers", body).status, 201); });
  work.candidates = allocations_of(
      [&] { EXPECT_EQ(server.ask(*IpAddress::parse("10.42.128.5"), "PUT", "/v1/user/candidates", R"(["1.2.3.4:5"])").status, 204); });
  foreign(path,
          "CREATE TABLE strict (id INTEGER REFERENCES cidrs(id) DEFERRABLE INITIALLY DEFERRED);"
          "CREATE TRIGGER break AFTER UPDATE ON peers BEGIN INSERT INTO strict VALUES (4711); END;");
  must(server.coordinator->begin_turn());
  must(server.coordinator->end_turn());
  work.failed_commit = allocations_of([&] {
    must(server.coordinator->begin_turn());
    static_cast<void>(
        server.coordinator->answer(server.request(*IpAddress::parse("10.42.128.5"), "PUT", "/v1/user/candidates", R"(["1.2.3.4:6"])")));
    EXPECT_FALSE(server.coordinator->end_turn());
    EXPECT_FALSE(server.coordinator->take_effects().device_resync);
    must(server.coordinator->begin_turn());
    must(server.coordinator->end_turn());
  });
  foreign(path, "DROP TRIGGER break");
  must(server.coordinator->begin_turn());
  must(server.coordinator->end_turn());
  static_cast<void>(state());
  EXPECT_EQ(server.ask(*IpAddress::parse("10.42.128.5"), "PUT", "/v1/user/candidates", R"(["1.2.3.4:7"])").status, 204);
  const std::uint64_t before = allocations;
  static_cast<void>(state());
  work.state_bytes = allocations - before;
  return work;
}

TEST(Growth, OfTheWorkForOneChangeIsNoneFrom1000To20000Peers) {
#ifdef INNERNET_FOREIGN_ALLOCATOR
  GTEST_SKIP() << "allocations can't be counted under a sanitizer";
#endif
  const Work small = measure(1'000);
  const Work large = measure(20'000);
  EXPECT_LE(large.not_modified, small.not_modified) << "a 304 must not depend on the size of the network";
  EXPECT_LE(large.add_peer, small.add_peer + 20);
  EXPECT_LE(large.candidates, small.candidates + 20);
  EXPECT_LE(large.failed_commit, small.failed_commit + 20) << "what failed is undone, and nothing is read again";
  EXPECT_LE(large.state_bytes, 2 * small.state_bytes) << "only the pieces with a change are written anew";
}

}  // namespace
}  // namespace innernet::server
