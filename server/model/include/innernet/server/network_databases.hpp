#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "innernet/server/registry.hpp"

namespace innernet::server {

// Databases of networks as a whole: what is in one, how it goes, and how its content gets into another one.

enum class Holds : std::uint8_t { kNothing, kThisNetwork, kAnotherNetwork };
/// Whether there is a network in it, and whether it is the one whose server has this key. Errors as of Registry::open(): kNotFound says
/// that there is no such database.
Result<Holds> look_into(const DatabaseUrl& database, const wg::PublicKey& server_key);

/// Drops the tables of this network, and nothing else that is in the database; without a network in it there is nothing to do.
/// kInvalidInput: it is another network's, which stays. Else as look_into(), and kBusy.
Result<void> remove_network(const DatabaseUrl& database, const wg::PublicKey& server_key);

/// The command that removes a network from there by hand, in one line: for a person who knows the way to that database.
std::string how_to_remove(const DatabaseLocation& database);

/// Databases that a move has set aside beside this file, by name: NAME.db.old-1 and so on.
std::vector<std::filesystem::path> databases_set_aside(const std::filesystem::path& database);

struct Moved {
  std::int64_t peers = 0, cidrs = 0, associations = 0;  ///< rows, valid or not
  /// The same database under another URL, or one that an interrupted move has left there whole: nothing was copied.
  bool was_there = false;
  /// Where the old one is now; none: there is no other one, for both locations are the same database.
  std::optional<DatabaseLocation> old;
  /// The file that was in the new one's place, and had another content, is here now.
  std::optional<std::filesystem::path> set_aside;
};

/// Copies a network with its ids and its change log, makes sure that both databases hold the same, and runs `switch_over`, which makes the
/// network be found in `to`. From the first row on until then nobody else can write `from`; who waits for that has to look where the
/// network is once it can. The old database keeps its content; a file gets the name of one that was set aside then, so that nobody takes it
/// for the network's.
///
/// At whatever moment it is killed, or fails, either `from` is the network's as before, or switch_over() has succeeded and `to` is; `to`
/// has everything or nothing, and the next call goes on. Errors name the database; kAlreadyExists: a network with another content is in the
/// PostgreSQL database `to`. An SQLite file in `to`'s place is set aside.
Result<Moved> move_database(const DatabaseLocation& from, const DatabaseLocation& to, const std::function<Result<void>()>& switch_over);

}  // namespace innernet::server
