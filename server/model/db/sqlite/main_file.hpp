#pragma once

#include <cstdint>
#include <string>

#include "connection.hpp"

namespace innernet::server::db {

/// Tells contents of a database file apart within this process.
struct Fingerprint {
  std::uint64_t size = 0;
  std::uint64_t hash = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// Of the file itself, without what is in the log. kBusy: somebody has cut it short meanwhile.
Result<Fingerprint> fingerprint(const Connection& connection);

/// The bytes that it is made of. kBusy as above.
Result<std::string> main_file(const Connection& connection);

/// Fails unless these are the bytes of a whole innernet database that can be served without any log.
Result<void> check_whole(std::string content);

}  // namespace innernet::server::db
