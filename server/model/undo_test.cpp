#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "testing/random_change.hpp"

namespace innernet::server {
namespace {

using namespace testing;

/// While it lives no file grows, as on a disk that is full.
class FullDisk {
 public:
  FullDisk() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    // Without it a write beyond the limit would end the process.
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{.rlim_cur = 1, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

struct Counts {
  int failed_turns = 0, committed_turns = 0, changes = 0, refused = 0;
};

/// Transactions of random changes, of which every other fails at its end, by its own will or because the disk is full.
void play(unsigned seed, Counts& counts) {
  TempDir folder;
  make_database(folder / "n.db", {});
  auto registry = must(Registry::open(folder / "n.db"));
  std::mt19937 random(seed);
  for (int turn = 0; turn < 60; ++turn) {
    const unsigned end = static_cast<unsigned>(random() % 4);
    std::optional<FullDisk> full;
    const auto done = registry.write([&](Registry::Writer& writer) -> Result<void> {
      for (auto n = random() % 8 + 1; n > 0; --n) {
        ++counts.changes;
        if (!random_change(random, writer, registry.network())) ++counts.refused;
      }
      if (end == 0) return fail(ErrorKind::kInvalidInput, "no");
      if (end == 1) full.emplace();
      return {};
    });
    full.reset();
    ASSERT_TRUE(done || end <= 1) << done.error().message();
    ++(done ? counts.committed_turns : counts.failed_turns);
    ASSERT_FALSE(must(registry.refresh())) << "nobody else has written, so nothing is read again";
    ASSERT_EQ(difference_of_models(registry.network(), must(Registry::open(folder / "n.db")).network()), "") << "turn " << turn;
  }
}

TEST(Undo, LeavesTheModelAsTheDatabaseHasItAfterRandomTransactions) {
  Counts counts;
  for (unsigned seed = 1; seed <= 12 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE(seed);
    play(seed, counts);
  }
  EXPECT_GT(counts.failed_turns, 300);
  EXPECT_GT(counts.committed_turns, 300);
  EXPECT_GT(counts.changes - counts.refused, 1200);
  RecordProperty("failed_transactions", counts.failed_turns);
  RecordProperty("changes", counts.changes);
}

// An invitation's key is seen, too, and the server would have to learn anew where it is.
TEST(Undo, OfADeletionKeepsWhereThePeerWasSeen) {
  Server server;
  const SocketAddress seen = server.family.seen(5, 7);
  server.coordinator->set_seen_endpoints({{key_of(5), seen}});
  foreign(server.path,
          "CREATE TABLE strict (id INTEGER REFERENCES cidrs(id) DEFERRABLE INITIALLY DEFERRED);"
          "CREATE TRIGGER break AFTER DELETE ON peers BEGIN INSERT INTO strict VALUES (4711); END;");
  server.clock.advance(WallTime(std::chrono::seconds(1'900'000'000)) - server.clock.wall());
  must(server.coordinator->delete_expired_invitations());
  server.clock.advance(std::chrono::hours(1));
  EXPECT_FALSE(server.coordinator->delete_expired_invitations());
  const PeerRecord* const pending = server.coordinator->network().find_peer(kPending);
  ASSERT_NE(pending, nullptr);
  EXPECT_EQ(pending->seen, seen);
}

}  // namespace
}  // namespace innernet::server
