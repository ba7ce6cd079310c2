#include "db/recorded_store.hpp"

#include <gmock/gmock.h>

#include "db/sql_store.hpp"
#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;

class RecordedStoreTest : public ::testing::Test {
 protected:
  RecordedStoreTest() {
    ids_ = must(db::SqlStore::highest_ids(connection_));
    recorded_.begin(ids_, std::nullopt);
  }
  /// What was recorded, on the real rows.
  Result<void> carry_out() {
    auto store = must(db::SqlStore::prepare(connection_));
    for (const auto& operation : recorded_.take_operations()) TRY_VOID(operation(store));
    return {};
  }
  Network network() { return must(db::SqlStore::load(connection_)); }
  static PeerContents peer(unsigned host) { return peer_contents("new" + std::to_string(host), Family{}.ip(1, host), kHumans, 100 + host); }

  const TempDir folder_{TempDir::memory()};
  const std::filesystem::path path_ = folder_ / "n.db";
  db::Connection connection_ = (make_database(path_, {}), must(db::Connection::open(path_, std::chrono::seconds(5))));
  db::HighestIds ids_;
  db::RecordedStore recorded_;
};

TEST_F(RecordedStoreTest, WritesNothingUntilItIsCarriedOutAndThenAllOfIt) {
  EXPECT_EQ(must(recorded_.insert_peer(peer(9))), PeerId{ids_.peer + 1});
  EXPECT_EQ(must(recorded_.insert_peer(peer(10))), PeerId{ids_.peer + 2});
  EXPECT_EQ(must(recorded_.insert_cidr({"more", must(IpNet::parse("10.42.9.0/24")), kRootCidr})), CidrId{ids_.cidr + 1});
  EXPECT_EQ(must(recorded_.insert_association({kHumans, kIsland})), AssociationId{ids_.association + 1});
  must(recorded_.rename_cidr(kIsland, "isle"));
  must(recorded_.redeem_peer(kPending, key_of(77)));
  EXPECT_EQ(network().find_peer("new9"), nullptr);
  must(carry_out());
  const auto after = network();
  EXPECT_EQ(after.find_peer("new9")->peer.id, PeerId{ids_.peer + 1});
  EXPECT_EQ(after.find_peer("new10")->peer.id, PeerId{ids_.peer + 2});
  EXPECT_NE(after.find_cidr("more"), nullptr);
  EXPECT_NE(after.find_cidr("isle"), nullptr);
  EXPECT_EQ(after.find_peer(kPending)->peer.public_key, key_of(77));
}

TEST_F(RecordedStoreTest, ARollbackToASavepointTakesItsChangesAndIdsBack) {
  must(recorded_.insert_peer(peer(9)));
  must(recorded_.savepoint());
  must(recorded_.insert_peer(peer(10)));
  must(recorded_.rollback_to_savepoint());
  EXPECT_EQ(must(recorded_.insert_peer(peer(11))), PeerId{ids_.peer + 2});
  must(carry_out());
  EXPECT_EQ(network().find_peer("new10"), nullptr);
  EXPECT_NE(network().find_peer("new11"), nullptr);
}

TEST_F(RecordedStoreTest, AfterTheLastRowWasDeletedTheNextIdIsUnknown) {
  must(recorded_.delete_peer(PeerId{ids_.peer - 1}));
  EXPECT_TRUE(recorded_.insert_peer(peer(9))) << "not the last one";
  must(recorded_.delete_peer(PeerId{ids_.peer + 1}));
  const auto refused = recorded_.insert_peer(peer(10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kBusy);
}

TEST_F(RecordedStoreTest, AnIdThatIsAnotherThanExpectedFailsTheWhole) {
  must(recorded_.insert_peer(peer(9)));
  foreign(path_, "INSERT INTO peers (name, ip, public_key, cidr_id) VALUES ('other', '10.42.1.99', 'x', 3)");
  const auto done = carry_out();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::kBusy);
}

}  // namespace
}  // namespace innernet::server
