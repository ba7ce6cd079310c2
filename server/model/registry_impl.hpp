#pragma once

#include <sys/types.h>

#include <chrono>

#include "db/main_file.hpp"
#include "db/store.hpp"
#include "innernet/server/registry.hpp"
#include "undo_log.hpp"

namespace innernet::server {

/// What SQLite has beside a database.
constexpr const char* kLog = "-wal";
constexpr const char* kLogIndex = "-shm";
std::filesystem::path companion(const std::filesystem::path& database, const char* suffix);

/// Which file the database was when it was opened: another one under the same name is another database.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  /// kNotFound when it is gone.
  static Result<FileIdentity> of(const std::filesystem::path& path);

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Whoever writes a file changes this; so do others, who don't (touch, a backup).
struct FileStamp {
  std::int64_t seconds = 0, nanoseconds = 0;  // last modification
  std::int64_t size = 0;

  static Result<FileStamp> of(const std::filesystem::path& path);

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// A connection, its statements and the model, kept together.
///
/// Invariants, between calls:
/// - `network` is what the database held at `data_version`, and what was written since by the transaction that is open, if one is.
/// - `undo_log` has what the open transaction has changed in the model; without one it is empty.
/// - A function of the Writer validates, writes, changes the model and tells the observer, in this order. What can fail comes before the
///   model changes, so one that failed has changed nothing.
/// - `seen_header` was there before `data_version` was last read or found unchanged: what was committed since has another one.
/// - SQLite writes the file itself only when it empties the log into it. A `fingerprint` that is another one while `backfill` is the same
///   means that somebody else has written it (`cp`, a restore), by no protocol of SQLite's: then the log and what the connection remembers
///   belong to what was there before, and nothing of both may reach the file. `stamp` says when there is something to compare.
/// - Once that was seen, `is_overwritten` until the file is again what the log belongs to, or is whole without it, and could be opened.
///   Only then is the log dropped: whoever writes the same bytes, too, has them half written at some time.
/// - The statements of `store` belong to `connection`, which closes when both are gone.
struct Registry::Impl final : Registry::Writer {
  /// `patience` is for locks, now and when the database is replaced.
  static Result<std::unique_ptr<Impl>> open(const std::filesystem::path& path, std::chrono::milliseconds patience);
  void set_patience(std::chrono::milliseconds value) {
    patience = value;
    connection.set_patience(value);
  }

  /// What others have written, outside of a transaction. kBusy: the database is locked.
  Result<bool> refresh(bool may_be_replaced = true);
  /// wal_checkpoint(TRUNCATE). kBusy: somebody reads.
  Result<void> checkpoint();
  /// BEGIN IMMEDIATE, then reads what others have written until then; true if there was anything. kBusy: the database is locked.
  Result<bool> begin();
  Result<void> commit();
  /// Rolls back, and undoes in the model what was changed in it, also if the database fails at that.
  Result<void> roll_back();
  /// Runs one change in a savepoint, within begin() and commit(): one that fails changes nothing. With in_transaction() gone the whole
  /// transaction is lost, and roll_back() has to follow.
  Result<void> in_savepoint(const std::function<Result<void>()>& change);

  Result<void> close();

  Result<Peer> add_peer(const PeerContents& contents) override;
  Result<Peer> update_peer(PeerId id, const PeerChange& change) override;
  Result<Peer> redeem_peer(PeerId id, const wg::PublicKey& key) override;
  Result<void> delete_unredeemed_peer(PeerId id) override;
  Result<Cidr> add_cidr(const CidrContents& contents) override;
  Result<Cidr> rename_cidr(CidrId id, const std::string& name) override;
  Result<void> delete_cidr(CidrId id) override;
  Result<Association> add_association(const AssociationContents& contents) override;
  Result<void> delete_association(AssociationId id) override;

  std::filesystem::path path;
  FileIdentity identity;
  std::optional<FileIdentity> log;  ///< its -wal
  db::Connection connection;
  bool has_log = false;            ///< in WAL mode; not on a file system that can't map memory
  std::optional<db::Store> store;  ///< none once it was closed
  Network network;
  UndoLog undo_log;
  std::int64_t data_version = 0;
  std::optional<db::LogHeader> seen_header;  ///< of a moment at which data_version was not newer
  std::optional<FileStamp> stamp;            ///< when the file was looked at last, and nobody was writing it
  std::optional<db::Backfill> backfill;      ///< then
  db::Fingerprint fingerprint;               ///< then
  bool is_overwritten = false;
  std::optional<FileStamp> overwritten_stamp;  ///< at the last try to open what was written over it
  std::chrono::milliseconds patience{5000};
  std::optional<std::size_t> max_on_device;  ///< peers; none: any number
  Observer* observer = nullptr;              ///< outlives this, if set

 private:
  Impl(std::filesystem::path file, FileIdentity file_identity, db::Connection opened, db::Store prepared)
      : path(std::move(file)), identity(file_identity), connection(std::move(opened)), store(std::move(prepared)) {}

  Result<bool> refresh_from_file();
  Result<bool> reload_if_changed();
  Result<void> reload();
  Result<void> reopen();
  /// Looks whether somebody has written over the file, and sets is_overwritten.
  void look_at_file();
  /// Fails with kBusy if somebody has: the next refresh() opens what is there.
  Result<void> check_file();
  /// Opens what was written over the file. kBusy: somebody is still at it.
  Result<void> reopen_overwritten();
  /// Fails unless what was written over the file is whole.
  Result<void> check_overwritten() const;
  /// Lets go of the database, and leaves what is in its log there.
  void abandon();
  /// Of a database that is half written over, which nobody can wait for any more.
  void set_log_aside();
  /// Of the database that was replaced. SQLite would take them for the new one's, and write into that what they hold.
  void remove_stale_log();
  /// Fails if the device has no room for one more peer.
  Result<void> check_room() const;
  /// The model's side of a change of one peer.
  const Peer& put(Peer peer);
};

}  // namespace innernet::server
