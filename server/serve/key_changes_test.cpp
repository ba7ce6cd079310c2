#include "key_changes.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace innernet::server {
namespace {

wg::PublicKey key(std::uint8_t byte) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  bytes.fill(byte);
  return wg::PublicKey::from_bytes(bytes);
}

const KeyChange kAlice{key(1), key(101)};
const KeyChange kBob{key(2), key(102)};

TEST(KeyChanges, KeepTheOldKeyUntilTheDeviceIsGivenTheNewOne) {
  struct Case {
    const char* name;
    std::function<void(KeyChanges&)> what;
    std::vector<wg::PublicKey> on_device;  // instead of 101, 102, 3
  };
  const std::vector<Case> cases{
      {"none", [](KeyChanges&) {}, {key(101), key(102), key(3)}},
      {"one",
       [](KeyChanges& changes) {
         changes.begin_turn();
         changes.add(kBob);
         changes.end_turn(true);
       },
       {key(101), key(2), key(3)}},
      {"already in the turn itself",
       [](KeyChanges& changes) {
         changes.begin_turn();
         changes.add(kAlice);
         changes.add(kBob);
       },
       {key(1), key(2), key(3)}},
      {"not of a turn that failed",
       [](KeyChanges& changes) {
         changes.begin_turn();
         changes.add(kAlice);
         changes.end_turn(true);
         changes.begin_turn();
         changes.add(kBob);
         changes.end_turn(false);
       },
       {key(1), key(102), key(3)}},
      {"a turn that failed without any takes none away",
       [](KeyChanges& changes) {
         changes.begin_turn();
         changes.add(kAlice);
         changes.end_turn(true);
         changes.end_turn(false);
         changes.begin_turn();
         changes.end_turn(false);
       },
       {key(1), key(102), key(3)}},
      {"until it is on the device",
       [](KeyChanges& changes) {
         changes.begin_turn();
         changes.add(kAlice);
         changes.add(kBob);
         changes.end_turn(true);
         changes.remove(kAlice.new_key);
       },
       {key(101), key(2), key(3)}},
      {"one who is not wanted any more stays away",
       [](KeyChanges& changes) {
         changes.begin_turn();
         changes.add({key(4), key(104)});
         changes.end_turn(true);
       },
       {key(101), key(102), key(3)}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    KeyChanges changes;
    c.what(changes);
    std::vector<wg::PublicKey> keys;
    for (const auto& peer : changes.with_old_keys({{.public_key = key(101)}, {.public_key = key(102)}, {.public_key = key(3)}}))
      keys.push_back(peer.public_key);
    EXPECT_EQ(keys, c.on_device);
  }
}

}  // namespace
}  // namespace innernet::server
