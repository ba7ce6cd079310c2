#include "round_policy.hpp"

#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using enum Caller;

constexpr Caller kCallers[] = {kFetch, kUp, kDaemon, kInstall};

TEST(RoundPolicy, OnlyADaemonSaysLess) {
  for (const Caller caller : kCallers)
    EXPECT_EQ(progress_level(caller), caller == kDaemon ? log::Level::kDebug : log::Level::kInfo) << static_cast<int>(caller);
}

TEST(RoundPolicy, WhatTheInterfaceDemands) {
  const wg::PublicKey of_invitation = new_key(), other = new_key();
  const std::optional<wg::PublicKey> none;
  const auto device = [](const wg::PublicKey& key) {
    return wg::Device{.name = evilcorp(), .private_key = {}, .public_key = key, .listen_port = 0, .peers = {}};
  };
  const InterfaceView absent{.status = InterfaceStatus::kAbsent, .device = {}};
  const InterfaceView up{.status = InterfaceStatus::kUp, .device = device(other)};
  const InterfaceView incomplete{.status = InterfaceStatus::kIncomplete, .device = device(other)};
  const InterfaceView no_wireguard{.status = InterfaceStatus::kForeign, .device = {}};
  const InterfaceView others{.status = InterfaceStatus::kForeign, .device = device(other)};
  const InterfaceView with_old_key{.status = InterfaceStatus::kForeign, .device = device(of_invitation)};
  const InterfaceView was_ours{.status = InterfaceStatus::kForeign, .link_index = 7, .device = device(other)};
  const InterfaceView was_ours_and_is_none{.status = InterfaceStatus::kForeign, .link_index = 7, .device = {}};
  const InterfaceView in_place_of_ours{.status = InterfaceStatus::kForeign, .link_index = 8, .device = device(other)};
  using enum InterfaceAction;
  const struct {
    const char* what;
    const InterfaceView& found;
    std::optional<wg::PublicKey> invitation;
    InterfaceAction of_fetch;
    InterfaceAction of_all_others;
  } table[] = {
      {"up", up, none, kUse, kUse},
      {"up, install cut short", up, of_invitation, kUse, kUse},
      {"down", absent, none, kRefuse, kBringUp},
      {"down, install cut short", absent, of_invitation, kRefuse, kBringUp},
      {"half configured", incomplete, none, kRefuse, kBringUp},
      {"no WireGuard", no_wireguard, none, kRefuse, kRefuse},
      {"no WireGuard, install cut short", no_wireguard, of_invitation, kRefuse, kRefuse},
      {"somebody else's", others, none, kRefuse, kRefuse},
      {"somebody else's, install cut short", others, of_invitation, kRefuse, kRefuse},
      {"the invitation's key, nobody knows why", with_old_key, none, kRefuse, kRefuse},
      {"the invitation's key, install cut short", with_old_key, of_invitation, kRefuse, kTakePermanentKey},
      {"ours until somebody gave it another key", was_ours, none, kRefuse, kTakePermanentKey},
      {"no WireGuard any more", was_ours_and_is_none, none, kRefuse, kRefuse},
      {"put in the place of ours", in_place_of_ours, none, kRefuse, kRefuse},
  };
  for (const auto& row : table)
    for (const Caller caller : kCallers)
      EXPECT_EQ(interface_action(caller, row.found, row.invitation, 7), caller == kFetch ? row.of_fetch : row.of_all_others)
          << row.what << ", " << static_cast<int>(caller);
}

TEST(RoundPolicy, ARefusalSaysWhatToDo) {
  const auto foreign = refusal(InterfaceStatus::kForeign, evilcorp());
  EXPECT_EQ(foreign.kind(), ErrorKind::kAlreadyExists);
  EXPECT_THAT(foreign.message(), HasSubstr("ip link delete evilcorp"));
  const auto down = refusal(InterfaceStatus::kAbsent, evilcorp());
  EXPECT_EQ(down.kind(), ErrorKind::kNotFound);
  EXPECT_THAT(down.message(), AllOf(HasSubstr("is down"), HasSubstr("innernet up evilcorp")));
  const auto half = refusal(InterfaceStatus::kIncomplete, evilcorp());
  EXPECT_EQ(half.kind(), ErrorKind::kSystem);
  EXPECT_THAT(half.message(), AllOf(HasSubstr("half configured"), HasSubstr("innernet up evilcorp")));
}

TEST(RoundPolicy, AConfigWithTheServersKeyIsRefused) {
  const auto own = wg::PrivateKey::generate();
  const SocketAddress server{ip("10.66.0.1"), 51820};
  EXPECT_TRUE(check_own_key(config_of(own, new_key(), server), evilcorp()));
  const auto refused = check_own_key(config_of(own, own.public_key(), server), evilcorp());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("evilcorp"), HasSubstr("invitation")));
}

TEST(RoundPolicy, AllButTheInstallItselfFinishOneThatWasCutShort) {
  for (const Caller caller : kCallers) {
    EXPECT_FALSE(finishes_install(caller, std::nullopt));
    EXPECT_EQ(finishes_install(caller, new_key()), caller != kInstall);
  }
}

TEST(RoundPolicy, WhatTheServerIsAskedWith) {
  const std::optional<Capabilities> unknown;
  const Capabilities plain{}, etag{.state_etag = true}, delta{.state_etag = true, .state_delta = true}, odd{.state_delta = true};
  const struct {
    const char* what;
    Caller caller;
    std::optional<Capabilities> capabilities;
    bool has_data_store;
    RequestPlan plan;
  } table[] = {
      {"a first fetch", kFetch, unknown, false, {Base::kNone}},
      {"a later one", kFetch, unknown, true, {Base::kDataStore}},
      {"up", kUp, unknown, true, {Base::kDataStore}},
      {"install", kInstall, unknown, false, {Base::kNone}},
      {"a command keeps no state that a delta could be applied to", kUp, delta, true, {Base::kDataStore}},
      {"a daemon that knows nothing of the server", kDaemon, unknown, true, {Base::kNone}},
      {"an old server", kDaemon, plain, true, {Base::kNone}},
      {"one with ETags", kDaemon, etag, true, {Base::kMemory}},
      {"one with deltas", kDaemon, delta, false, {.base = Base::kMemory, .accept_delta = true}},
      {"deltas to nothing", kDaemon, odd, true, {Base::kNone}},
  };
  for (const auto& row : table) EXPECT_EQ(request_plan(row.caller, row.capabilities, row.has_data_store), row.plan) << row.what;
  for (const Caller caller : kCallers) {
    EXPECT_EQ(asks_for_capabilities(caller, unknown), caller == kDaemon);
    EXPECT_FALSE(asks_for_capabilities(caller, plain));
  }
}

TEST(RoundPolicy, AServerThatCannotBeReachedIsNotAskedTwice) {
  EXPECT_FALSE(asks_on_after(RequestError(Error(ErrorKind::kUnreachable, "refused"))));
  EXPECT_TRUE(asks_on_after(RequestError(Error(ErrorKind::kSystem, "has failed"), 500)));
  EXPECT_TRUE(asks_on_after(RequestError(Error(ErrorKind::kInvalidInput, "no JSON"))));
}

TEST(RoundPolicy, AnotherServerIsAskedWhenOneHasNoAnswerAndNotWhenItHasABadOne) {
  EXPECT_TRUE(asks_another_server_after(RequestError(Error(ErrorKind::kUnreachable, "refused"))));
  EXPECT_TRUE(asks_another_server_after(RequestError(Error(ErrorKind::kSystem, "has failed"), 503)));
  EXPECT_FALSE(asks_another_server_after(RequestError(Error(ErrorKind::kSystem, "has failed"), 500)));
  EXPECT_FALSE(asks_another_server_after(RequestError(Error(ErrorKind::kPermission, "who?"), 401)));
  EXPECT_FALSE(asks_another_server_after(RequestError(Error(ErrorKind::kInvalidInput, "no JSON"))));
  EXPECT_FALSE(asks_another_server_after(RequestError(Error(ErrorKind::kInterrupted, "stopped"))));
}

TEST(RoundPolicy, WhereTheStateComesFromAndItsEtagGoes) {
  const StateAnswer state{.news = State{}, .etag = {}}, delta{.news = StateDelta{}, .etag = {}},
      nothing_new{.news = NotModified{}, .etag = {}};
  for (const Caller caller : kCallers) {
    EXPECT_EQ(origin_of(caller, state), Origin::kAnswer);
    EXPECT_EQ(origin_of(caller, delta), Origin::kAnswer);
    EXPECT_EQ(origin_of(caller, nothing_new), caller == kDaemon ? Origin::kMemory : Origin::kDataStore);
  }
  const struct {
    Origin origin;
    bool answered;
    bool in_data_store;
    EtagPlace of_daemon;
    EtagPlace of_command;
  } table[] = {
      {Origin::kAnswer, true, false, EtagPlace::kMemory, EtagPlace::kFile},
      {Origin::kMemory, true, false, EtagPlace::kMemory, EtagPlace::kFile},
      {Origin::kDataStore, true, true, EtagPlace::kMemory, EtagPlace::kNowhere},
      {Origin::kDataStoreAlone, false, true, EtagPlace::kNowhere, EtagPlace::kNowhere},
  };
  for (const auto& row : table) {
    EXPECT_EQ(server_answered(row.origin), row.answered);
    EXPECT_EQ(is_in_data_store(row.origin), row.in_data_store);
    for (const Caller caller : kCallers)
      EXPECT_EQ(etag_place(caller, row.origin), caller == kDaemon ? row.of_daemon : row.of_command)
          << static_cast<int>(row.origin) << ", " << static_cast<int>(caller);
  }
}

TEST(RoundPolicy, TheCachedStateIsForAServerThatCannotBeReachedAlone) {
  using enum ErrorKind;
  for (const ErrorKind kind : {kUnreachable, kInvalidInput, kPermission, kNotFound, kSystem}) {
    const auto with_store = origin_without_answer(Error(kind, "why"), true);
    EXPECT_EQ(with_store.has_value(), kind == kUnreachable) << static_cast<int>(kind);
    const auto without = origin_without_answer(Error(kind, "why"), false);
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().kind(), kind);
    EXPECT_THAT(without.error().message(), HasSubstr("why"));
    EXPECT_EQ(without.error().message().find("no earlier fetch") != std::string::npos, kind == kUnreachable);
  }
  EXPECT_EQ(*origin_without_answer(Error(kUnreachable, "why"), true), Origin::kDataStoreAlone);
  EXPECT_NE(nothing_to_update(Origin::kDataStoreAlone), nothing_to_update(Origin::kDataStore));
  EXPECT_EQ(nothing_to_update(Origin::kAnswer), nothing_to_update(Origin::kDataStore));
}

TEST(RoundPolicy, OnlyADaemonHasSaidItBefore) {
  for (const Origin origin : {Origin::kAnswer, Origin::kMemory, Origin::kDataStore, Origin::kDataStoreAlone}) {
    EXPECT_EQ(repeats_itself(Caller::kDaemon, origin), origin != Origin::kAnswer);
    for (const Caller caller : {Caller::kInstall, Caller::kUp, Caller::kFetch}) EXPECT_FALSE(repeats_itself(caller, origin));
  }
}

TEST(RoundPolicy, AReportCountsUntilTheServerHasNews) {
  const std::vector<Endpoint> ours{endpoint("192.0.2.1:7")};
  const std::vector<Endpoint> others{endpoint("192.0.2.2:7")};
  EXPECT_FALSE(is_reported(ours, std::nullopt, Origin::kMemory));
  EXPECT_FALSE(is_reported(ours, others, Origin::kMemory));
  EXPECT_TRUE(is_reported(ours, ours, Origin::kMemory));
  EXPECT_FALSE(is_reported(ours, ours, Origin::kAnswer)) << "which shows whether it still has them";
  const auto pause = [](std::optional<int> status, std::optional<std::chrono::seconds> retry_after) {
    return report_pause(RequestError(Error(ErrorKind::kSystem, "why"), status, retry_after)).count();
  };
  EXPECT_EQ(pause(429, std::chrono::seconds(7)), 7);
  EXPECT_EQ(pause(429, std::nullopt), 60);
  EXPECT_EQ(pause(429, std::chrono::hours(24)), 3'600) << "a machine that moves must be found some day";
  EXPECT_EQ(pause(500, std::chrono::seconds(7)), 0);
  EXPECT_EQ(pause(std::nullopt, std::nullopt), 0);
  EXPECT_THAT(report_failure(RequestError(Error(ErrorKind::kNotFound, "why"), 404)), HasSubstr("too old"));
  EXPECT_THAT(report_failure(RequestError(Error(ErrorKind::kSystem, "why"), 500)), HasSubstr("why"));
}

TEST(RoundPolicy, TheLockIsHeldDuringTheLastAttemptOnly) {
  const struct {
    bool has_lock;
    int attempt;
    bool lets_go;
  } cases[] = {{true, 1, true}, {true, 2, true}, {true, 3, false}, {true, 4, false}, {false, 1, false}};
  for (const auto& c : cases) EXPECT_EQ(lets_go_of_lock(c.has_lock, c.attempt), c.lets_go) << c.attempt;
}

}  // namespace
}  // namespace innernet::client
