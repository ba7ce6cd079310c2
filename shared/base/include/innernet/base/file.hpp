#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/secret.hpp"
#include "innernet/base/unique_fd.hpp"

namespace innernet {

// Every error names its path. "Durable" means: file and folder are fsynced before success is reported.

constexpr mode_t kPrivateFile = 0600;
constexpr mode_t kPrivateFolder = 0700;

/// The whole content. Fails when it is larger than `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = 256U << 20);

/// The same of a file with a key in it.
Result<SecretText> read_secret_file(const std::filesystem::path& path, std::size_t limit = 256U << 20);

/// The same in pieces, for a content that is read once and needs no place in memory as a whole.
class FilePieces {
 public:
  static Result<FilePieces> open(std::filesystem::path path, std::size_t limit = 256U << 20);

  /// Bytes, as it was opened; 0 when only reading shows it.
  std::size_t size() const { return size_; }
  /// Valid until it is called again; empty at the end.
  Result<std::string_view> next();

 private:
  FilePieces(std::filesystem::path path, UniqueFd fd, std::size_t size, std::size_t limit);

  std::filesystem::path path_;
  UniqueFd fd_;
  std::size_t size_;
  std::size_t limit_;
  std::size_t used_ = 0;
  std::string piece_;
};

/// Replaces the content atomically and durably: after a crash at any instant there is the old file or the new one, whole.
/// A symbolic link is followed. An existing file keeps its owner (when we are root; else its group), group and mode; a new
/// one gets `mode_of_new` before its first byte, and is given away as NewFile::kOfFolder.
/// On failure the old file is untouched and nothing is left beside it; but where its folder could not be synced, the new one is there, and
/// is not known to outlast a crash.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode_of_new = kPrivateFile);

/// The same for a content that is made in pieces: `write` gives each to the function that it gets.
using WriteContent = std::function<void(const std::function<void(std::string_view piece)>& append)>;
Result<void> replace_file(const std::filesystem::path& path, const WriteContent& write, mode_t mode_of_new = kPrivateFile);

/// Whose a new file is, beside its maker's.
enum class NewFile {
  kOfFolder,        ///< made by root, the folder's owner's; in a setgid folder, with mode 0660 also its group's (recipes of the manual)
  kOfFoldersOwner,  ///< the former alone
  kOfNobodyElse,    ///< an invitation is for one person
};

/// As replace_file, but fails with kAlreadyExists when there is anything at `path`, also when it appears meanwhile.
Result<void> create_file(const std::filesystem::path& path, std::string_view content, mode_t mode = kPrivateFile,
                         NewFile belongs = NewFile::kOfFolder);

/// Renames durably within a folder; fails with kAlreadyExists rather than replace `to`. On failure it has its old name.
Result<void> rename_without_replacing(const std::filesystem::path& from, const std::filesystem::path& to);

/// Removes durably, with what writers of it that were killed have left beside it; kNotFound when there is none.
Result<void> remove_file(const std::filesystem::path& path);

/// Makes the last component with mode 0700 when it is missing. An existing folder is left as it is; anything else fails.
Result<void> make_private_folder(const std::filesystem::path& path);

/// The permission bits that people outside owner and group have (0 to 7).
Result<unsigned> access_of_others(const std::filesystem::path& path);

/// An exclusive flock(2), released when it goes or the process ends. On files of ours alone: who may open a file, if only to read it, may
/// lock it, too.
///
/// Who removes or replaces the file does it while holding the lock, or takes no lock away from anybody: acquire() looks whether its path
/// still is what it has locked, and tries again. So two that hold a lock on one path exclude each other.
class FileLock {
 public:
  /// Creates `path` (0600) if it is missing and waits up to `patience`, polling. Fails with kBusy and a message that names
  /// the holder's process id (which a holder writes into the file). `path` is removed at the release when none of `guarded`, the files
  /// that it is there for, is left; without any it stays.
  static Result<FileLock> acquire(const std::filesystem::path& path, std::chrono::milliseconds patience,
                                  std::vector<std::filesystem::path> guarded = {});

  /// The same, on a file that is there only while it is locked.
  static Result<FileLock> acquire_while_locked(const std::filesystem::path& path, std::chrono::milliseconds patience);

  /// Whether somebody holds it just now. Makes no file; of one that can't be opened: no.
  static bool is_locked(const std::filesystem::path& path);

  /// Whether its path still is what it has locked: else somebody has removed or replaced the file, and the next one does not wait for us.
  bool is_held() const;

  /// Locks a file that is there, for where nothing can be written. kNotFound when there is none.
  static Result<FileLock> acquire_existing(const std::filesystem::path& path, std::chrono::milliseconds patience);

  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  enum class AtRelease { kStays, kGoesWithGuarded, kGoes };
  FileLock(UniqueFd fd, std::filesystem::path path, std::vector<std::filesystem::path> guarded, AtRelease at_release)
      : fd_(std::move(fd)), path_(std::move(path)), guarded_(std::move(guarded)), at_release_(at_release) {}
  static Result<FileLock> acquire(const std::filesystem::path& path, std::chrono::milliseconds patience,
                                  std::vector<std::filesystem::path> guarded, AtRelease at_release);

  UniqueFd fd_;
  std::filesystem::path path_;
  std::vector<std::filesystem::path> guarded_;
  AtRelease at_release_;
};

}  // namespace innernet
