// What is said about relays that peers run.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "innernet/json/json.hpp"
#include "readers.hpp"

namespace innernet {
namespace json_events {
namespace {

constexpr std::array<std::string_view, 2> kRelayNames{"public_key", "port"};

Result<std::pair<std::int64_t, std::int64_t>> pair_of(const std::vector<std::int64_t>& numbers) {
  if (numbers.size() != 2) return invalid_input("a pair has two numbers");
  return std::pair(numbers[0], numbers[1]);
}

}  // namespace

Result<void> NumbersReader::element(const Value& value) {
  TRY(const auto number, integer<std::int64_t>(value));
  numbers.push_back(number);
  return {};
}

Result<Reader*> RelayDistancesReader::container(Kind kind) {
  if (kind != Kind::kArray) return nullptr;
  TRY_VOID(close_pair());
  is_open_ = true;
  pair_.start();
  return &pair_;
}

Result<void> RelayDistancesReader::close_pair() {
  if (!std::exchange(is_open_, false)) return {};
  TRY(const auto pair, pair_of(pair_.numbers));
  if (!std::in_range<std::uint16_t>(pair.second)) return invalid_input("a distance is from 0 to 65535 ms");
  distances_.push_back({.relay = PeerId{pair.first}, .milliseconds = static_cast<std::uint16_t>(pair.second)});
  return {};
}

Result<std::vector<RelayDistance>> RelayDistancesReader::take() {
  TRY_VOID(close_pair());
  return std::move(distances_);
}

RelayOfPeerReader::RelayOfPeerReader(Bad bad) : ObjectReader(kRelayNames, 0b11), bad_(bad) {}

Result<void> RelayOfPeerReader::field(std::size_t index, const Value& value) {
  if (index == 1) {
    TRY(port_, integer<std::uint16_t>(value));
    return {};
  }
  TRY(const auto base64, text(value));
  auto key = wg::PublicKey::parse(base64);
  if (key)
    key_ = *key;
  else if (bad_ == Bad::kRefused)
    return std::unexpected(std::move(key).error());
  return {};
}

Result<void> RelayOfPeerReader::finish() {
  if (key_ && port_ != 0)
    relay = RelayOfPeer{.public_key = *key_, .port = port_};
  else if (bad_ == Bad::kRefused)
    return invalid_input("nobody can send to port 0");
  return {};
}

}  // namespace json_events

namespace {

using namespace json_events;  // NOLINT(google-build-using-namespace): this file is made of readers

class KeysReader final : public ArrayReader {
 public:
  KeysReader() : ArrayReader(kMostInList) {}

  using ArrayReader::start;
  std::vector<wg::PublicKey> keys;

 private:
  Result<void> element(const Value& value) override {
    TRY(const auto base64, text(value));
    if (const auto key = wg::PublicKey::parse(base64)) keys.push_back(*key);
    return {};
  }
};

// As a request has them.
class StrictKeysReader final : public ArrayReader {
 public:
  StrictKeysReader() : ArrayReader(kMostRelayRegistrations) {}

  std::vector<wg::PublicKey> keys;

 private:
  Result<void> element(const Value& value) override {
    TRY(const auto base64, text(value));
    TRY(const auto key, wg::PublicKey::parse(base64));
    keys.push_back(key);
    return {};
  }
};

// Of all groups together there are no more keys than peers may be in a state.
class GroupsReader final : public ArrayReader {
 public:
  GroupsReader() : ArrayReader(kMostInList) {}

  std::vector<std::vector<wg::PublicKey>> take() {
    close_group();
    return std::move(groups_);
  }

 private:
  Result<void> element(const Value& value) override { return expected_but_found("an array", value); }
  Result<Reader*> container(Kind kind) override {
    if (kind != Kind::kArray) return nullptr;
    close_group();
    if (keys_ > kMostInList) return invalid_input(fmt::format("there are more than {} keys", kMostInList));
    is_open_ = true;
    group_.start();
    return &group_;
  }
  void close_group() {
    if (!std::exchange(is_open_, false)) return;
    keys_ += group_.keys.size();
    groups_.push_back(std::exchange(group_.keys, {}));
  }

  KeysReader group_;
  bool is_open_ = false;
  std::size_t keys_ = 0;
  std::vector<std::vector<wg::PublicKey>> groups_;
};

class PairsReader final : public ArrayReader {
 public:
  PairsReader() : ArrayReader(kMostPairs) {}

  Result<std::vector<RelayGroups::Pair>> take() {
    TRY_VOID(close_pair());
    return std::move(pairs_);
  }

 private:
  static constexpr std::size_t kMostPairs = std::size_t{1} << 20U;

  Result<void> element(const Value& value) override { return expected_but_found("an array", value); }
  Result<Reader*> container(Kind kind) override {
    if (kind != Kind::kArray) return nullptr;
    TRY_VOID(close_pair());
    is_open_ = true;
    pair_.start();
    return &pair_;
  }
  Result<void> close_pair() {
    if (!std::exchange(is_open_, false)) return {};
    TRY(const auto pair, pair_of(pair_.numbers));
    if (!std::in_range<std::uint32_t>(pair.first) || !std::in_range<std::uint32_t>(pair.second))
      return invalid_input(fmt::format("the pair of {} and {} names a group that is not there", pair.first, pair.second));
    pairs_.emplace_back(static_cast<std::uint32_t>(pair.first), static_cast<std::uint32_t>(pair.second));
    return {};
  }

  NumbersReader pair_{2};
  bool is_open_ = false;
  std::vector<RelayGroups::Pair> pairs_;
};

class RelayGroupsReader final : public ObjectReader {
 public:
  RelayGroupsReader() : ObjectReader(kNames, 0b11) {}

  RelayGroups groups;

 private:
  static constexpr std::array<std::string_view, 2> kNames{"groups", "pairs"};

  Result<void> field(std::size_t, const Value& value) override { return expected_but_found("an array", value); }
  Result<Reader*> container(std::size_t index, Kind kind) override {
    if (kind != Kind::kArray) return nullptr;
    if (index == 0) return &groups_;
    return &pairs_;
  }
  Result<void> finish() override {
    groups.groups = groups_.take();
    TRY(groups.pairs, pairs_.take());
    for (const auto& [one, other] : groups.pairs)
      if (one >= groups.groups.size() || other >= groups.groups.size())
        return invalid_input(fmt::format("the pair of {} and {} names a group that is not there", one, other));
    return {};
  }

  GroupsReader groups_;
  PairsReader pairs_;
};

}  // namespace

Result<RelayOfPeer> parse_relay_of_peer(std::string_view text) {
  RelayOfPeerReader reader(RelayOfPeerReader::Bad::kRefused);
  TRY_VOID(read(text, Kind::kObject, reader));
  return *reader.relay;
}

Result<std::vector<RelayDistance>> parse_relay_distances(std::string_view text) {
  RelayDistancesReader reader;
  TRY_VOID(read(text, Kind::kArray, reader));
  return reader.take();
}

Result<std::vector<wg::PublicKey>> parse_relay_registrations(std::string_view text) {
  StrictKeysReader reader;
  TRY_VOID(read(text, Kind::kArray, reader));
  return std::move(reader.keys);
}

Result<RelayGroups> parse_relay_groups(std::string_view text) {
  RelayGroupsReader reader;
  TRY_VOID(read(text, Kind::kObject, reader));
  return std::move(reader.groups);
}

}  // namespace innernet
