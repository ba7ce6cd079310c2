#include "saved_log.hpp"

#include <gmock/gmock.h>

#include "db/sql_store.hpp"
#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using ::testing::IsEmpty;

/// A log that a start without a past has written.
struct TakeUp : ::testing::Test {
  TakeUp() { write(first); }
  void write(const Past& past) {
    const Present present{.epoch = {.epoch = past.epoch, .last = past.sequence},
                          .rest = {.floor = past.floor,
                                   .cidrs = past.cidrs,
                                   .tree_digest = past.tree_digest,
                                   .relays = past.relays,
                                   .relays_json = past.relays_json}};
    must(save(store, {.unsaved = past.unsaved, .is_all = true, .present = present}, network));
  }
  db::StoredLog log() { return must(db::SqlLogStore::load(connection)); }

  std::filesystem::path made() const {
    make_database(folder / "n.db", {});
    return folder / "n.db";
  }

  const TempDir folder{TempDir::memory()};
  db::Connection connection = must(db::Connection::open(made(), std::chrono::seconds(5)));
  db::SqlLogStore store = must(db::SqlLogStore::prepare(connection));
  Network network = must(db::SqlStore::load(connection));
  const Past first = take_up({}, 7, network);
};

TEST_F(TakeUp, WithoutAPastNobodyIsKnown) {
  EXPECT_EQ(first.epoch, 7U);
  EXPECT_THAT(first.epochs, IsEmpty());
  EXPECT_THAT(first.changes, IsEmpty());
  EXPECT_EQ(first.floor, first.sequence);
  EXPECT_EQ(first.unsaved.peers.size(), 3U) << "those that are shown: the server, admin and user";
}

TEST_F(TakeUp, WithoutAChangeEverythingIsAsItWas) {
  const auto next = take_up(log(), 8, network);
  EXPECT_EQ(next.sequence, first.sequence);
  EXPECT_EQ(next.floor, first.floor);
  EXPECT_THAT(next.unsaved.peers, IsEmpty());
  EXPECT_TRUE(next.unsaved.any()) << "but the epoch is new";
  EXPECT_FALSE(next.unsaved.forget_gone);
  EXPECT_EQ(next.epochs, (std::vector<db::LoggedEpoch>{{.epoch = 7, .last = first.sequence}}));
}

TEST_F(TakeUp, WithoutItsRestEverythingIsNewBehindAllNumbers) {
  must(store.put(db::LoggedEpoch{.epoch = first.epoch, .last = 700}));
  must(connection.execute("DELETE FROM change_log_rest"));
  const auto stored = log();
  EXPECT_EQ(stored.epochs, (std::vector<db::LoggedEpoch>{{.epoch = 7, .last = 700}}));
  const auto next = take_up(stored, 7, network);
  EXPECT_EQ(next.epoch, 8U);
  for (const auto number : {next.sequence, next.floor, next.cidrs, next.relays}) EXPECT_EQ(number, 701U);
}

TEST_F(TakeUp, AnEpochThatWasThereIsNotTakenAgain) { EXPECT_EQ(take_up(log(), 7, network).epoch, 8U); }

TEST_F(TakeUp, NumbersGoOnBehindTheHighestOfAll) {
  auto stored = log();
  stored.peers.back().number = 500;
  EXPECT_EQ(take_up(stored, 8, network).sequence, 500U);
  stored.epochs.back().last = 600;
  EXPECT_EQ(take_up(stored, 8, network).sequence, 600U);
}

TEST_F(TakeUp, ManyWhoAreGoneAreForgottenWithWhatWasBefore) {
  auto stored = log();
  const std::uint64_t last = stored.epochs.back().last;
  for (std::int64_t n = 0; n < 4096; ++n)
    stored.peers.push_back({.peer = PeerId{1000 + n}, .cidr = kHumans, .number = last + 1 + static_cast<std::uint64_t>(n)});
  const auto kept = take_up(stored, 8, network);
  EXPECT_EQ(kept.floor, last);
  EXPECT_EQ(kept.changes.size(), 4096U);
  for (const auto& row : stored.peers) must(store.put(row));
  write(kept);
  EXPECT_EQ(log().peers.size(), stored.peers.size());

  stored.peers.push_back({.peer = PeerId{9000}, .cidr = kHumans, .number = last + 5000});
  must(store.put(stored.peers.back()));
  const auto forgotten = take_up(stored, 9, network);
  EXPECT_EQ(forgotten.floor, last + 5001);
  EXPECT_EQ(forgotten.sequence, forgotten.floor);
  EXPECT_THAT(forgotten.changes, IsEmpty());
  write(forgotten);
  EXPECT_EQ(log().peers.size(), 3U);
}

TEST_F(TakeUp, ARowKeepsTheHighestOfItsNumbers) {
  auto row = log().peers.back();
  row.number = 40;
  must(store.put(row));
  row.number = 0;
  must(store.put(row));
  EXPECT_EQ(log().peers.back().number, 40U);
}

TEST_F(TakeUp, OfManyPeersAreWrittenAsManyAsFit) {
  auto unsaved = first.unsaved;
  const Present later{.epoch = {.epoch = 7, .last = 99}, .rest = {}};
  const Saving part{.unsaved = unsaved.take(2), .is_all = false, .present = later};
  EXPECT_EQ(part.unsaved.peers.size(), 2U);
  EXPECT_EQ(unsaved.peers.size(), first.unsaved.peers.size() - 2);
  must(save(store, part, network));
  EXPECT_EQ(log().epochs.back().last, first.sequence) << "what the log does not have yet is not known";
  must(save(store, {.unsaved = unsaved.take(3), .is_all = true, .present = later}, network));
  EXPECT_EQ(log().epochs.back().last, 99U);
}

}  // namespace
}  // namespace innernet::server
