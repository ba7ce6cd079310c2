#pragma once

#include <sys/stat.h>

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/unique_fd.hpp"

namespace innernet {

/// A bare errno on failure: whether it is an error or leads to another way, and the sentence for it, is the caller's.
using Errno = int;
template <class T>
using Attempt = std::expected<T, Errno>;

/// Writes everything, through short writes and EINTR, from the descriptor's position on.
Attempt<void> write_all(int fd, std::string_view content);

/// As fsync(2), through EINTR.
Attempt<void> sync(int fd);

/// `path` with symbolic links in its last component followed, also to a target that doesn't exist. ELOOP after 40.
Attempt<std::filesystem::path> follow_links(const std::filesystem::path& path);

/// The folder that holds `path`: "." for a bare name.
std::filesystem::path folder_of(const std::filesystem::path& path);

/// What root makes in another user's folder is that user's: a service of theirs has to read it. Nothing for anybody but root.
Attempt<void> give_to_owner_of(const struct stat& folder, int fd);

/// What writers of `target` that were killed have left beside it, and what is being written just now.
std::vector<std::filesystem::path> temp_files_of(const std::filesystem::path& target);

/// Removes the former. There may be a key in it. Those that can't be opened are left; a folder that is not there has none.
Attempt<void> remove_leftovers_of(const std::filesystem::path& target);

/// A file in the making beside its target (never elsewhere: a rename stays within one file system). Its name starts
/// with a dot, can't be guessed, and ends in `.new`. It is removed when it goes before it was put in place, and by the next one for the
/// same target if its process was killed: one that is alive is locked (flock(2)).
class TempFile {
 public:
  /// Empty, with mode 0600. `target` is taken as it is, links in it are not followed.
  static Attempt<TempFile> beside(const std::filesystem::path& target);

  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&&) = delete;
  ~TempFile();

  int fd() const { return fd_.get(); }
  /// Of the folder that holds it.
  int folder_fd() const { return folder_.get(); }

  /// Gives it the group and mode of `old`, and as root the owner. Fails as fchown(2) where the system forbids that.
  Attempt<void> take_owner_and_mode(const struct stat& old) const;

  /// Syncs it, renames it to its target, syncs the folder. After a failed sync of the folder the new file is in place,
  /// but may be gone after a crash.
  Attempt<void> replace_target();

  /// The same, with EEXIST when there is anything at the target. After a failed sync of the folder nothing is in place.
  Attempt<void> become_target();

 private:
  TempFile(UniqueFd folder, UniqueFd fd, std::string name, std::string target)
      : folder_(std::move(folder)), fd_(std::move(fd)), name_(std::move(name)), target_(std::move(target)) {}

  UniqueFd folder_;
  UniqueFd fd_;
  std::string name_;  // empty once it is in place
  std::string target_;
};

/// As rename(2) within a folder, but EEXIST when there is anything at `to`.
Attempt<void> rename_exclusively(int folder_fd, const std::string& from, const std::string& to);

}  // namespace innernet
