#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "innernet/base/error.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::client {

/// The cached state of a network, NAME.json: what `show` lists, what a fetch falls back to, and the pinned keys.
class DataStore {
 public:
  /// None when there is no file. One that can't be parsed is copied beside itself with the suffix `.corrupt`, warned about, and counts
  /// as none. Warns when others can access it. Fails when it can't be read (kPermission names the remedy).
  static Result<std::optional<DataStore>> load(const std::filesystem::path& path);
  /// An empty one, not on disk yet.
  static DataStore empty(const std::filesystem::path& path) { return DataStore(path); }

  /// All peers ever seen; those that are gone are disabled.
  const State& state() const { return state_; }
  /// Moves them out: then there is nothing to save.
  State take_state() { return std::exchange(state_, {}); }

  /// Fails (kAlreadyExists) and changes nothing when a peer of `news` has a known address but another public key: somebody may
  /// pretend to be that peer. The message says how to get over it. Fails as well (kInvalidInput) when more than kMostInList peers would have
  /// been seen.
  Result<void> check_pins(const State& news) const;
  /// check_pins, then takes `news` over. Peers that `news` lacks stay, disabled.
  Result<void> update(State news);
  /// The second half of update(), for news that check_pins() has let pass.
  void take_over(State news);

  /// Atomic and durable, mode 0600 when new; writes nothing when nothing changed since load or save.
  Result<void> save();

 private:
  explicit DataStore(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  State state_;
  bool is_saved_ = false;  // the file says the same
};

/// Puts the endpoints that the config sets for addresses in place of those of `state`.
void apply_overrides(State& state, const std::map<IpAddress, Endpoint>& overrides);

}  // namespace innernet::client
