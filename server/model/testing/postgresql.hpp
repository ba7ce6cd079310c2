#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "innernet/testing/temp_dir.hpp"

/// At the front of a test: it is skipped, loudly, where there is no PostgreSQL.
#define INNERNET_NEEDS_POSTGRESQL()                                    \
  if (!::innernet::server::testing::PostgresqlCluster::is_installed()) \
  GTEST_SKIP() << "!!!! NOT RUN: PostgreSQL's server is not installed (Debian's package postgresql) !!!!"

namespace innernet::server::testing {

/// A PostgreSQL server of the tests' own, in a folder that goes with it, run by an ordinary user: PostgreSQL refuses root. Everybody may
/// come in, and nothing is synced to the disk. It ends with this object, and with the process however that ends. Its functions throw
/// std::runtime_error.
class PostgresqlCluster {
 public:
  enum class Listens : std::uint8_t { kOnSocket, kOnSocketAndLoopback };

  static bool is_installed();
  /// One for all tests of a program, made by the first who asks. A test that stops it starts it again.
  static PostgresqlCluster& shared();

  explicit PostgresqlCluster(Listens listens = Listens::kOnSocket);
  PostgresqlCluster(const PostgresqlCluster&) = delete;
  PostgresqlCluster& operator=(const PostgresqlCluster&) = delete;
  ~PostgresqlCluster();

  /// Of the superuser, by the UNIX socket, with more parameters ("&user=checked").
  std::string url(std::string_view database, std::string_view more = "") const;
  /// The same by 127.0.0.1.
  std::string loopback_url(std::string_view database) const;
  /// Makes an empty one and says its name.
  std::string new_database();

  /// As if its power went: it recovers when it is started again.
  void kill();
  /// After kill(), or of one that runs.
  void restart();
  /// Stops in peace and comes back as a replica that waits for its primary: it can be read only.
  void restart_as_replica();
  /// Becomes a primary again.
  void restart_as_primary();

  std::uint16_t port() const { return port_; }

 private:
  void make();
  void start();
  void stop(int signal);
  std::filesystem::path data() const { return folder_ / "data"; }

  innernet::testing::TempDir folder_;
  Listens listens_;
  std::uint16_t port_;
  pid_t server_ = -1;
  unsigned databases_ = 0;
};

}  // namespace innernet::server::testing
