#include "link_repair.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using Damage = LinkRepair::Damage;
using Step = LinkRepair::Step;

constexpr std::chrono::milliseconds kPause = 1'000ms;
constexpr LinkState kLink{.index = 5, .is_whole = true};
constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

LinkRepair begun() {
  LinkRepair repair(kPause);
  repair.begin(kLink);
  return repair;
}

TEST(LinkRepair, TellsDamagesApart) {
  struct Case {
    const char* name;
    LinkState seen;
    Damage damage;
    bool loses_sockets;
  };
  const std::vector<Case> cases{
      {"none", kLink, Damage::kNone, false},
      {"removed", {.index = 0, .is_whole = false}, Damage::kRemoved, true},
      {"replaced", {.index = 6, .is_whole = true}, Damage::kReplaced, true},
      {"replaced by half of one", {.index = 6, .is_whole = false}, Damage::kReplaced, true},
      {"down, or without its address", {.index = 5, .is_whole = false}, Damage::kChanged, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    LinkRepair repair = begun();
    EXPECT_EQ(repair.see(c.seen, at(100ms)), c.damage);
    EXPECT_EQ(loses_sockets(c.damage), c.loses_sockets);
    if (c.damage == Damage::kNone) {
      EXPECT_EQ(repair.due(), std::nullopt);
      EXPECT_TRUE(repair.wants_to_see());
    } else {
      EXPECT_EQ(repair.due(), at(1'100ms)) << "not at once: uninstall removes the interface first";
      EXPECT_EQ(repair.step(), Step::kRebuild);
      EXPECT_FALSE(repair.wants_to_see());
    }
    EXPECT_FALSE(repair.wants_to_listen()) << "it listens still, or will when the link is back";
    // The next look, and there are many in a burst, puts nothing off.
    const auto due = repair.due();
    EXPECT_EQ(repair.see(c.seen, at(200ms)), Damage::kNone);
    EXPECT_EQ(repair.due(), due);
  }
}

TEST(LinkRepair, ListensAgainOnALinkThatWasReplacedOnly) {
  struct Case {
    LinkState seen;
    bool listens_again;
  };
  for (const Case& c : {Case{{.index = 0, .is_whole = false}, true}, Case{{.index = 6, .is_whole = true}, true},
                        Case{{.index = 5, .is_whole = false}, false}}) {
    SCOPED_TRACE(c.seen.index);
    LinkRepair repair = begun();
    repair.see(c.seen, at(0ms));
    EXPECT_TRUE(repair.begin_rebuild(false, at(1'000ms)));
    EXPECT_EQ(repair.due(), std::nullopt) << "while it is being rebuilt";
    EXPECT_FALSE(repair.wants_to_listen());
    EXPECT_EQ(repair.see({.index = 7, .is_whole = false}, at(1'010ms)), Damage::kNone) << "what the rebuild itself does";
    repair.end_rebuild(LinkState{.index = 7, .is_whole = true}, at(1'020ms));
    EXPECT_EQ(repair.due(), std::nullopt);
    EXPECT_EQ(repair.wants_to_listen(), c.listens_again);
    EXPECT_EQ(repair.see({.index = 7, .is_whole = true}, at(1'030ms)), Damage::kNone) << "it is the one that is known now";
  }
}

TEST(LinkRepair, TriesUntilTheLinkIsWhole) {
  constexpr LinkState kHalf{.index = 5, .is_whole = false};
  LinkRepair repair = begun();
  EXPECT_EQ(repair.see(kHalf, at(0ms)), Damage::kChanged);
  EXPECT_TRUE(repair.begin_rebuild(false, at(1'000ms)));
  repair.end_rebuild(std::nullopt, at(1'010ms));
  EXPECT_EQ(repair.due(), at(2'010ms)) << "after a failure";
  EXPECT_EQ(repair.step(), Step::kRebuild);
  EXPECT_TRUE(repair.begin_rebuild(false, at(2'010ms)));
  repair.end_rebuild(kHalf, at(2'020ms));
  EXPECT_EQ(repair.see(kHalf, at(2'030ms)), Damage::kIncomplete) << "after what only looked like success";
  EXPECT_EQ(repair.due(), at(3'030ms));
}

TEST(LinkRepair, RebuildsNothingWhileTheNetworkMayBeAboutToEnd) {
  LinkRepair repair = begun();
  repair.see({}, at(0ms));
  EXPECT_FALSE(repair.begin_rebuild(true, at(1'000ms)));
  EXPECT_EQ(repair.due(), at(2'000ms));
  EXPECT_EQ(repair.step(), Step::kRebuild);
  EXPECT_TRUE(repair.begin_rebuild(false, at(2'000ms)));
}

TEST(LinkRepair, TriesToListenUntilItCan) {
  LinkRepair repair = begun();
  repair.see({}, at(0ms));
  repair.begin_rebuild(false, at(1'000ms));
  repair.end_rebuild(LinkState{.index = 6, .is_whole = true}, at(1'010ms));
  ASSERT_TRUE(repair.wants_to_listen());
  repair.note_listening_failed(at(1'020ms));
  EXPECT_EQ(repair.due(), at(2'020ms));
  EXPECT_EQ(repair.step(), Step::kListen);
  EXPECT_TRUE(repair.wants_to_listen()) << "a synchronization that ends before may do it";
  repair.note_listening();
  EXPECT_EQ(repair.due(), std::nullopt);
  EXPECT_FALSE(repair.wants_to_listen());
}

TEST(LinkRepair, RebuildsInsteadOfListeningWhenTheLinkGoesMeanwhile) {
  LinkRepair repair = begun();
  repair.see({.index = 6, .is_whole = true}, at(0ms));
  repair.begin_rebuild(false, at(1'000ms));
  repair.end_rebuild(LinkState{.index = 7, .is_whole = true}, at(1'010ms));
  repair.note_listening_failed(at(1'020ms));
  EXPECT_EQ(repair.see({}, at(1'500ms)), Damage::kRemoved);
  EXPECT_EQ(repair.due(), at(2'500ms));
  EXPECT_EQ(repair.step(), Step::kRebuild);
  EXPECT_FALSE(repair.wants_to_listen());
}

TEST(LinkRepair, BeginsWhenTheApiListens) {
  LinkRepair repair(kPause);
  EXPECT_FALSE(repair.has_begun());
  EXPECT_FALSE(repair.wants_to_see());
  EXPECT_EQ(repair.see({}, at(0ms)), Damage::kNone);
  EXPECT_EQ(repair.due(), std::nullopt);
  EXPECT_TRUE(repair.wants_to_listen());
  repair.begin(kLink);
  EXPECT_TRUE(repair.has_begun());
  EXPECT_TRUE(repair.wants_to_see());
  EXPECT_FALSE(repair.wants_to_listen());
  EXPECT_EQ(repair.due(), std::nullopt);
}

TEST(LinkRepair, ListensAnewWhenItsPortIsAnotherOne) {
  LinkRepair repair = begun();
  repair.note_closed();
  EXPECT_TRUE(repair.wants_to_listen());
  EXPECT_EQ(repair.due(), std::nullopt) << "whoever has closed it listens at once";
  repair.see({.index = 5, .is_whole = false}, at(0ms));
  EXPECT_FALSE(repair.wants_to_listen());
  repair.begin_rebuild(false, at(1'000ms));
  repair.note_closed();
  repair.end_rebuild(kLink, at(1'010ms));
  EXPECT_TRUE(repair.wants_to_listen());
}

}  // namespace
}  // namespace innernet::server
