#pragma once

#include <functional>

#include "database.hpp"
#include "recorded_store.hpp"

namespace innernet::server::db {

/// A database that a thread of its own waits for, so that its user never does. What its user writes is noted, and given away with submit();
/// meanwhile it can read on from its model, which has to follow when the transaction is finished.
///
/// Before start() everything waits: the caller's thread uses the database itself.
class RemoteDatabase final : public Database {
 public:
  struct Periods {
    std::chrono::milliseconds look{1'000};  ///< a lost session is tried again, and somebody else's changes are looked for
  };

  RemoteDatabase(std::unique_ptr<Database> database, const Periods& periods);
  ~RemoteDatabase() override;

  /// The thread begins. It calls `notify` when there is something for refresh() or take_finished(), or is_deposed() has become true.
  void start(std::function<void()> notify);

  std::string name() const override { return name_; }
  Result<Network> load() override;
  Result<StoredLog> load_log() override;
  /// As of the last refresh().
  Result<HighestIds> highest_ids() override { return ids_; }
  std::int64_t term() const override { return term_; }
  /// What was read by the thread. Never while a transaction is with it.
  Result<std::optional<Contents>> refresh(bool may_be_replaced) override;

  /// Begins to note. kBusy: the last one is not finished.
  Result<std::optional<Network>> begin() override;
  /// Nothing happens: see submit().
  Result<void> commit() override;
  Result<void> roll_back() override;
  bool in_transaction() const override { return is_noting_; }
  Store& store() override { return store_; }

  /// What was noted since begin(), for submit().
  std::vector<Operation> take_operations() { return store_.take_operations(); }
  /// In one transaction. One at a time. After start().
  void submit(std::vector<Operation> operations);
  bool is_busy() const { return is_busy_; }
  /// Of what was submitted, once; ids are given as before it until refresh(), so that it can be done again with them. kBusy: others have
  /// written before, which refresh() has by now, so that it has to be noted anew.
  std::optional<Result<void>> take_finished();
  /// Waits for it, so long at most; false: it is not.
  bool is_finished(std::chrono::milliseconds patience) const;

  /// Why this is not the server of the network any more: another one has its lock.
  std::optional<std::string> deposed() const;
  /// Since when the database can't be reached; none: it can.
  std::optional<std::chrono::steady_clock::time_point> unreachable_since() const;

  RemoteDatabase* remote() override { return this; }
  void set_patience(std::chrono::milliseconds) override {}
  /// Waits for what was submitted. Then everything is as before start().
  Result<void> close() override;

 private:
  struct Worker;

  std::string name_;
  std::unique_ptr<Worker> worker_;
  RecordedStore store_;
  HighestIds ids_;
  std::optional<LoggedEpoch> last_epoch_;
  std::int64_t term_ = 0;
  std::uint64_t version_ = 0;  // of the contents that were given out last
  bool is_noting_ = false;
  bool is_busy_ = false;
};

}  // namespace innernet::server::db
