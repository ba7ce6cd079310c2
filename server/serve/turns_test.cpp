#include "turns.hpp"

#include <gtest/gtest.h>

#include "innernet/testing/fake_clock.hpp"

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using innernet::testing::FakeClock;

/// Answers by what stands in the target: /wait, /busy, /store, /large, /slow, anything else; writes down what it was asked.
class ScriptedAnswerer final : public Turns::Answerer {
 public:
  explicit ScriptedAnswerer(FakeClock& time) : clock(time) {}
  Result<void> begin_turn() override {
    log.push_back("begin");
    if (broken) return fail(ErrorKind::kSystem, "the disk is gone");
    return {};
  }
  Coordinator::Outcome answer(const Request& request) override {
    log.push_back(request.target);
    if (request.target.starts_with("/busy") && busy) return Coordinator::Busy{};
    tickets.push_back(request.ticket);
    if (request.target.starts_with("/store") && storing) return Coordinator::Storing{};
    if (request.target.starts_with("/wait") && request.wait && !news) return Coordinator::Waiting{group, *request.wait};
    clock.advance(request.target.starts_with("/slow") ? 5ms : 0ms);
    Response response;
    if (request.target.starts_with("/large")) response.body = std::make_shared<const std::string>(101, 'x');
    response.status = request.target.starts_with("/wait") && !news ? 304 : 200;
    return response;
  }
  Result<void> end_turn() override {
    log.push_back("end");
    if (commit_fails) return fail(ErrorKind::kSystem, "no room");
    return {};
  }
  void after_turn() override { log.push_back("after"); }

  FakeClock& clock;
  std::vector<std::string> log;
  std::vector<std::uint64_t> tickets;
  bool busy = true;
  bool storing = true;
  bool broken = false;
  bool commit_fails = false;
  bool news = false;
  CidrId group{7};
};

class FakeClient final : public Turns::Client {
 public:
  FakeClient(std::string target, std::vector<std::string>& order) : order_(order) { request.target = std::move(target); }
  void deliver(Response response) override {
    status = response.status;
    order_.push_back(request.target);
  }
  void held() override { ++times_held; }

  unsigned status = 0;
  int times_held = 0;

 private:
  std::vector<std::string>& order_;
};

class TurnsTest : public ::testing::Test {
 protected:
  std::unique_ptr<FakeClient> client(const std::string& target, const char* source = "10.0.0.1") {
    auto out = std::make_unique<FakeClient>(target, order_);
    EXPECT_TRUE(turns_.enter(*out, *IpAddress::parse(source)));
    return out;
  }
  void run_while_woken() {
    while (std::exchange(woken_, false)) turns_.run();
  }
  Turns::Limits limits() {
    Turns::Limits limits;
    limits.connections_per_source = 3;
    limits.requests_per_turn = 4;
    limits.unsent_bytes_per_source = 100;
    return limits;
  }

  FakeClock clock_;
  ScriptedAnswerer answerer_{clock_};
  std::vector<std::string> order_;
  bool woken_ = false;
  Turns turns_{answerer_, clock_, limits(), [this] { woken_ = true; }};
};

TEST_F(TurnsTest, AnswersWhatIsReadyInOneTurnAndHandsItOutAfterTheCommit) {
  const auto a = client("/a"), b = client("/b");
  turns_.ready(*a);
  turns_.ready(*b);
  run_while_woken();
  EXPECT_EQ(answerer_.log, (std::vector<std::string>{"begin", "/a", "/b", "end", "after"}));
  EXPECT_EQ(order_, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(a->status, 200U);
}

TEST_F(TurnsTest, LetsSourcesTakeTurns) {
  const auto a1 = client("/a1", "10.0.0.1"), a2 = client("/a2", "10.0.0.1"), a3 = client("/a3", "10.0.0.1"), b = client("/b", "10.0.0.2");
  for (const auto* one : {&a1, &a2, &a3, &b}) turns_.ready(**one);
  run_while_woken();
  EXPECT_EQ(order_, (std::vector<std::string>{"/a1", "/b", "/a2", "/a3"}));
}

TEST_F(TurnsTest, PutsASourceThatWasQuietBeforeThoseThatAreNot) {
  const auto a1 = client("/slow-a1"), a2 = client("/slow-a2"), b1 = client("/slow-b1", "10.0.0.2"), b2 = client("/slow-b2", "10.0.0.2");
  for (const auto* one : {&a1, &a2, &b1, &b2}) turns_.ready(**one);
  turns_.run();
  EXPECT_EQ(order_, (std::vector<std::string>{"/slow-a1"}));
  const auto quiet = client("/quiet", "10.0.0.3");
  turns_.run();  // b1, which has waited longer
  turns_.ready(*quiet);
  turns_.run();
  // Once it has asked it is as good as the others: it does not come first again before they had their turn.
  turns_.ready(*quiet);
  while (order_.size() < 6) turns_.run();
  EXPECT_EQ(order_, (std::vector<std::string>{"/slow-a1", "/slow-b1", "/quiet", "/slow-a2", "/slow-b2", "/quiet"}));
  woken_ = false;
  turns_.run();
  EXPECT_FALSE(woken_) << "nobody is left";
}

TEST_F(TurnsTest, LeavesWhatDoesNotFitToTheNextTurn) {
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (int n = 1; n <= 6; ++n) {
    clients.push_back(client(std::to_string(n), ("10.0.0." + std::to_string(n)).c_str()));
    turns_.ready(*clients.back());
  }
  run_while_woken();
  EXPECT_EQ(answerer_.log, (std::vector<std::string>{"begin", "1", "2", "3", "4", "end", "after", "begin", "5", "6", "end", "after"}));
}

TEST_F(TurnsTest, RefusesMoreConnectionsOfOneSourceThanAreAllowed) {
  auto a = client("/a"), b = client("/b"), c = client("/c");
  FakeClient one_too_many("/d", order_);
  EXPECT_FALSE(turns_.enter(one_too_many, *IpAddress::parse("10.0.0.1")));
  EXPECT_TRUE(turns_.enter(one_too_many, *IpAddress::parse("10.0.0.2")));
  turns_.leave(*a);
  FakeClient after("/e", order_);
  EXPECT_TRUE(turns_.enter(after, *IpAddress::parse("10.0.0.1")));
}

TEST_F(TurnsTest, DoesNotPutTogetherMoreForASourceThanItHasRead) {
  const auto large = client("/large1"), second = client("/large2"), more = client("/more"), other = client("/other", "10.0.0.2");
  for (const auto* one : {&large, &second, &more, &other}) turns_.ready(**one);
  run_while_woken();
  EXPECT_EQ(order_, (std::vector<std::string>{"/large1", "/other", "/large2"})) << "one holds nobody up, two do";
  turns_.sent(*large);
  run_while_woken();
  EXPECT_EQ(order_.back(), "/more");
}

TEST_F(TurnsTest, ForgetsWhatWasNotSentToAClientThatLeaves) {
  const auto large = client("/large1"), second = client("/large2"), more = client("/more");
  for (const auto* one : {&large, &second, &more}) turns_.ready(**one);
  run_while_woken();
  EXPECT_EQ(order_, (std::vector<std::string>{"/large1", "/large2"}));
  turns_.leave(*large);
  run_while_woken();
  EXPECT_EQ(order_, (std::vector<std::string>{"/large1", "/large2", "/more"}));
}

TEST_F(TurnsTest, EndsATurnThatTakesLongSoThatOthersGetTheirs) {
  const auto slow = client("/slow1"), again = client("/slow2"), late = client("/late", "10.0.0.2");
  turns_.ready(*slow);
  turns_.ready(*again);
  ASSERT_TRUE(std::exchange(woken_, false));
  turns_.run();
  EXPECT_EQ(order_, (std::vector<std::string>{"/slow1"}));
  turns_.ready(*late);
  run_while_woken();
  EXPECT_EQ(order_, (std::vector<std::string>{"/slow1", "/late", "/slow2"}));
}

TEST_F(TurnsTest, ReplacesEachAnswerOfATurnThatCouldNotBeCommitted) {
  const auto a = client("/a"), b = client("/b");
  answerer_.commit_fails = true;
  turns_.ready(*a);
  turns_.ready(*b);
  run_while_woken();
  EXPECT_EQ(a->status, Coordinator::failure_response().status);
  EXPECT_EQ(b->status, Coordinator::failure_response().status);
}

TEST_F(TurnsTest, AnswersThatItFailedWhenTheDatabaseCannotBeRead) {
  const auto a = client("/a");
  answerer_.broken = true;
  turns_.ready(*a);
  run_while_woken();
  EXPECT_EQ(a->status, 500U);
  EXPECT_EQ(answerer_.log, (std::vector<std::string>{"begin", "after"}));
}

TEST_F(TurnsTest, HoldsAWaitingRequestUntilItsTimeIsUp) {
  const auto a = client("/wait");
  a->request.wait = 60s;
  turns_.ready(*a);
  run_while_woken();
  EXPECT_EQ(a->status, 0U);
  EXPECT_EQ(a->times_held, 1);
  EXPECT_EQ(turns_.next_deadline(), clock_.boot() + 60s);
  clock_.advance(60s);
  turns_.run();
  EXPECT_EQ(a->status, 304U);
  EXPECT_EQ(turns_.next_deadline(), std::nullopt);
}

TEST_F(TurnsTest, AsksAgainOnceForNewsThatComesTogether) {
  const auto a = client("/wait"), b = client("/wait-for-others", "10.0.0.2");
  a->request.wait = b->request.wait = 60s;
  turns_.ready(*a);
  run_while_woken();
  answerer_.group = CidrId{8};
  turns_.ready(*b);
  run_while_woken();
  answerer_.log.clear();

  turns_.announce({CidrId{7}});
  run_while_woken();
  clock_.advance(10ms);
  turns_.announce({CidrId{7}});
  run_while_woken();
  EXPECT_EQ(a->status, 0U) << "changes that come together wake once";
  answerer_.news = true;
  clock_.advance(10ms);
  turns_.run();
  EXPECT_EQ(a->status, 200U);
  EXPECT_EQ(b->status, 0U) << "it waits for another group";
}

TEST_F(TurnsTest, GoesOnWaitingAfterNewsThatWereNoneUntilTheFirstDeadline) {
  const auto a = client("/wait");
  a->request.wait = 60s;
  turns_.ready(*a);
  run_while_woken();
  const auto deadline = turns_.next_deadline();
  clock_.advance(30s);
  turns_.announce({CidrId{7}});
  run_while_woken();
  clock_.advance(20ms);
  turns_.run();
  EXPECT_EQ(a->status, 0U);
  EXPECT_EQ(turns_.next_deadline(), deadline);
}

TEST_F(TurnsTest, ForgetsAWaitingClientThatHangsUp) {
  const auto a = client("/wait");
  a->request.wait = 60s;
  turns_.ready(*a);
  run_while_woken();
  turns_.leave(*a);
  EXPECT_EQ(turns_.waiting(), 0U);
  clock_.advance(60s);
  turns_.run();
  EXPECT_EQ(a->status, 0U);
}

TEST_F(TurnsTest, AnswersOneThatIsNotToWaitAnyMoreAndLeavesTheOthersWaiting) {
  const auto a = client("/wait"), b = client("/wait-too"), busy = client("/busy");
  a->request.wait = b->request.wait = busy->request.wait = 60s;
  for (const auto* one : {&a, &b, &busy}) turns_.ready(**one);
  run_while_woken();
  for (const auto* one : {&a, &busy}) turns_.stop_waiting(**one);
  run_while_woken();
  EXPECT_EQ(a->status, 304U);
  EXPECT_EQ(turns_.waiting(), 1U);
  EXPECT_EQ(busy->status, 0U) << "it waits for the database, and not for news";
  turns_.stop_waiting(*a);
  run_while_woken();
  EXPECT_EQ(order_.size(), 1U) << "one that has its answer gets no other";
}

TEST_F(TurnsTest, AsksAgainWhileTheDatabaseIsLockedAndAnswersOthersMeanwhile) {
  const auto busy = client("/busy"), other = client("/other");
  turns_.ready(*busy);
  turns_.ready(*other);
  run_while_woken();
  EXPECT_EQ(other->status, 200U);
  EXPECT_EQ(busy->status, 0U);
  ASSERT_TRUE(turns_.next_deadline());
  answerer_.busy = false;
  clock_.advance(*turns_.next_deadline() - clock_.boot());
  turns_.run();
  EXPECT_EQ(busy->status, 200U);
}

TEST_F(TurnsTest, HoldsOneThatIsStoredUntilItIsToldToAskAgainHoweverLongThatTakes) {
  const auto storing = client("/store"), other = client("/other");
  turns_.ready(*storing);
  turns_.ready(*other);
  run_while_woken();
  EXPECT_EQ(storing->status, 0U);
  EXPECT_EQ(storing->times_held, 1);
  EXPECT_FALSE(turns_.next_deadline()) << "nobody polls for it";
  clock_.advance(1h);
  turns_.ask_again();
  run_while_woken();
  EXPECT_EQ(storing->status, 0U) << "it is not stored yet";
  answerer_.storing = false;
  turns_.ask_again();
  run_while_woken();
  EXPECT_EQ(storing->status, 200U);
  EXPECT_EQ(answerer_.tickets, (std::vector<std::uint64_t>{1, 2, 1, 1})) << "the same request is known by its ticket";
  turns_.ask_again();
  EXPECT_FALSE(woken_) << "nobody has to ask";
}

TEST_F(TurnsTest, ForgetsOneThatIsStoredAndHangsUp) {
  auto storing = client("/store");
  turns_.ready(*storing);
  run_while_woken();
  turns_.leave(*storing);
  storing.reset();
  answerer_.storing = false;
  turns_.ask_again();
  run_while_woken();
  EXPECT_TRUE(order_.empty());
}

TEST_F(TurnsTest, GivesUpOnALockAfterFiveSeconds) {
  const auto busy = client("/busy");
  turns_.ready(*busy);
  run_while_woken();
  const auto start = clock_.boot();
  while (busy->status == 0) {
    ASSERT_TRUE(turns_.next_deadline());
    clock_.advance(*turns_.next_deadline() - clock_.boot());
    turns_.run();
  }
  EXPECT_EQ(busy->status, 500U);
  EXPECT_GE(clock_.boot() - start, 5s);
  EXPECT_LE(clock_.boot() - start, 5'100ms);
}

TEST_F(TurnsTest, AnswersAllWhoWaitWhenTheServerStops) {
  const auto a = client("/wait"), later = client("/wait");
  a->request.wait = later->request.wait = 300s;
  turns_.ready(*a);
  run_while_woken();
  turns_.stop_waiting();
  run_while_woken();
  EXPECT_EQ(a->status, 304U);
  turns_.ready(*later);
  run_while_woken();
  EXPECT_EQ(later->status, 304U) << "nobody begins to wait any more";
}

}  // namespace
}  // namespace innernet::server
