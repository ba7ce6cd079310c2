#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stdexcept>

#include "innernet/server/registry.hpp"
#include "innernet/testing/temp_dir.hpp"

#ifdef INNERNET_TEST_POSTGRESQL
#include "../db/postgresql/session.hpp"
#include "postgresql.hpp"
#else
#include "../db/sqlite/connection.hpp"
#endif

// Tests of what both engines do are compiled twice: with SQLite, and with INNERNET_TEST_POSTGRESQL into a program of their own.

namespace innernet::server::testing {

using innernet::testing::TempDir;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Counts what another thread tells.
class Wakes {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  /// Until there was one since the last wait; a minute at most.
  void wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::minutes(1), [this] { return count_ > 0; })) throw std::runtime_error("nobody wakes us");
    count_ = 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

#ifdef INNERNET_TEST_POSTGRESQL

using TestLocation = DatabaseUrl;
constexpr bool kIsElsewhere = true;

inline TestLocation new_location(const TempDir&) {
  auto& cluster = PostgresqlCluster::shared();
  return must(DatabaseUrl::parse(cluster.url(cluster.new_database())));
}
inline bool is_there(const TestLocation& url) { return Registry::open(url).has_value(); }
inline void foreign(const TestLocation& url, std::string_view sql) { must(must(db::postgresql::Session::connect(url, {}))->execute(sql)); }

#else

using TestLocation = std::filesystem::path;
constexpr bool kIsElsewhere = false;

inline TestLocation new_location(const TempDir& folder) { return folder / "evilcorp.db"; }
inline bool is_there(const TestLocation& path) { return std::filesystem::exists(path); }
/// Runs SQL as another process would.
inline void foreign(const TestLocation& path, std::string_view sql) {
  auto connection = must(db::Connection::open(path, std::chrono::seconds(5)));
  must(connection.execute(sql));
}

#endif

}  // namespace innernet::server::testing
