#include "innernet/base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "innernet/base/temp_file.hpp"

namespace innernet {
namespace {

constexpr mode_t kGroupFile = 0660;

// A path as a message shows it: as it is, unless a terminal could act on it.
std::string shown(const std::filesystem::path& path) {
  const std::string text = path;
  const bool harmless = std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return harmless ? text : quoted(text);
}

std::unexpected<Error> failed(Errno code, const std::filesystem::path& path) { return fail_errno(code, shown(path)); }

std::unexpected<Error> already_exists(const std::filesystem::path& path) {
  return fail(ErrorKind::kAlreadyExists, fmt::format("{}: exists already, and is not overwritten", shown(path)));
}

// The folder's permissions decide whether a file can be made, so the message points there.
std::unexpected<Error> cannot_make(Errno code, const std::filesystem::path& target) {
  if (code == EISDIR) return failed(code, target);
  return fail_errno(code, fmt::format("{}: making a new file in {}", shown(target), shown(folder_of(target))));
}

Result<void> sync_folder_of(const std::filesystem::path& path) {
  const UniqueFd folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return failed(errno, folder_of(path));
  if (const auto synced = sync(folder.get()); !synced && synced.error() != EINVAL) return failed(synced.error(), folder_of(path));
  return {};
}

Attempt<void> set_up_new(const TempFile& file, mode_t wanted, NewFile belongs = NewFile::kOfFolder) {
  struct stat folder{};
  if (::fstat(file.folder_fd(), &folder) != 0) return std::unexpected(errno);
  if (belongs != NewFile::kOfNobodyElse)
    if (const auto given = give_to_owner_of(folder, file.fd()); !given) return given;
  const bool is_shared = belongs == NewFile::kOfFolder && (folder.st_mode & S_ISGID) != 0;
  if (::fchmod(file.fd(), is_shared ? kGroupFile : wanted) != 0) return std::unexpected(errno);
  return {};
}

// Who may not give the file its old group (a user outside that group, a service without CAP_CHOWN) leaves the group
// that the new file has with what everybody had: access never widens, and a save does not fail for it.
Attempt<void> keep_access(const TempFile& file, const struct stat& old) {
  const auto kept = file.take_owner_and_mode(old);
  if (kept || (kept.error() != EPERM && kept.error() != EINVAL)) return kept;
  const mode_t of_others = old.st_mode & 07U;
  if (::fchmod(file.fd(), (old.st_mode & 0700U) | of_others << 3 | of_others) != 0) return std::unexpected(errno);
  return {};
}

std::unexpected<Error> too_large(const std::filesystem::path& path, std::size_t limit) {
  return invalid_input(fmt::format("{}: larger than {} bytes", shown(path), limit));
}

struct OpenFile {
  UniqueFd fd;
  std::size_t size;  // bytes, as it was opened
};

Result<OpenFile> open_to_read(const std::filesystem::path& path, std::size_t limit) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC));
  if (!fd) return failed(errno, path);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return failed(errno, path);
  const auto size = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
  if (S_ISREG(status.st_mode) && size > limit) return too_large(path, limit);
  return OpenFile{std::move(fd), size};
}

// 0 at the end.
Attempt<std::size_t> read_some(int fd, std::span<char> into) {
  for (;;) {
    const ssize_t got = ::read(fd, into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return std::unexpected(errno);
  }
}

template <class Text>
Result<void> read_into(Text& content, const std::filesystem::path& path, std::size_t limit) {
  TRY(const OpenFile file, open_to_read(path, limit));
  // One byte more than the file has, so that its end is seen without growing.
  content.resize(std::max<std::size_t>(file.size, 4095) + 1);
  std::size_t used = 0;
  for (;;) {
    if (used == content.size()) content.resize(content.size() * 2);
    const auto got = read_some(file.fd.get(), std::span<char>(content.data(), content.size()).subspan(used));
    if (!got) return failed(got.error(), path);
    if (*got == 0) break;
    used += *got;
    if (used > limit) return too_large(path, limit);
  }
  content.resize(used);
  return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  std::string content;
  TRY_VOID(read_into(content, path, limit));
  return content;
}

Result<SecretText> read_secret_file(const std::filesystem::path& path, std::size_t limit) {
  SecretText content;
  TRY_VOID(read_into(content.edit(), path, limit));
  return content;
}

FilePieces::FilePieces(std::filesystem::path path, UniqueFd fd, std::size_t size, std::size_t limit)
    : path_(std::move(path)), fd_(std::move(fd)), size_(size), limit_(limit), piece_(64U << 10U, '\0') {}

Result<FilePieces> FilePieces::open(std::filesystem::path path, std::size_t limit) {
  TRY(OpenFile file, open_to_read(path, limit));
  return FilePieces(std::move(path), std::move(file.fd), file.size, limit);
}

Result<std::string_view> FilePieces::next() {
  const auto got = read_some(fd_.get(), piece_);
  if (!got) return failed(got.error(), path_);
  used_ += *got;
  if (used_ > limit_) return too_large(path_, limit_);
  return std::string_view(piece_).substr(0, *got);
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode_of_new) {
  return replace_file(path, [&](const auto& append) { append(content); }, mode_of_new);
}

Result<void> replace_file(const std::filesystem::path& path, const WriteContent& write, mode_t mode_of_new) {
  const auto target = follow_links(path);
  if (!target) return failed(target.error(), path);

  struct stat old{};
  const bool exists = ::stat(target->c_str(), &old) == 0;
  if (!exists && errno != ENOENT) return failed(errno, path);
  if (exists && S_ISDIR(old.st_mode)) return failed(EISDIR, path);
  if (exists && !S_ISREG(old.st_mode)) return invalid_input(fmt::format("{}: not a regular file, and is not replaced", shown(path)));

  auto file = TempFile::beside(*target);
  if (!file) return cannot_make(file.error(), *target);
  if (const auto set = exists ? keep_access(*file, old) : set_up_new(*file, mode_of_new); !set) return failed(set.error(), path);
  Attempt<void> written;
  write([&](std::string_view piece) {
    if (written) written = write_all(file->fd(), piece);
  });
  if (!written) return failed(written.error(), path);
  if (const auto replaced = file->replace_target(); !replaced) return failed(replaced.error(), path);
  return {};
}

Result<void> create_file(const std::filesystem::path& path, std::string_view content, mode_t mode, NewFile belongs) {
  struct stat existing{};
  if (::lstat(path.c_str(), &existing) == 0) return already_exists(path);

  auto file = TempFile::beside(path);
  if (!file) return cannot_make(file.error(), path);
  if (const auto set = set_up_new(*file, mode, belongs); !set) return failed(set.error(), path);
  if (const auto written = write_all(file->fd(), content); !written) return failed(written.error(), path);
  const auto placed = file->become_target();
  if (!placed && placed.error() == EEXIST) return already_exists(path);
  if (!placed) return failed(placed.error(), path);
  return {};
}

Result<void> rename_without_replacing(const std::filesystem::path& from, const std::filesystem::path& to) {
  const UniqueFd folder(::open(folder_of(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return failed(errno, folder_of(to));
  const std::filesystem::path absolute = std::filesystem::absolute(from);
  const auto renamed = rename_exclusively(folder.get(), absolute, to.filename());
  if (!renamed && renamed.error() == EEXIST) return already_exists(to);
  const auto doing = [&] { return fmt::format("{}: renaming it to {}", shown(from), shown(to)); };
  if (!renamed) return fail_errno(renamed.error(), doing());
  const auto synced = sync(folder.get());
  if (synced || synced.error() == EINVAL) return {};
  // Who is told that it failed looks for it at its old place.
  ::renameat(folder.get(), to.filename().c_str(), AT_FDCWD, absolute.c_str());
  return fail_errno(synced.error(), doing());
}

Result<void> remove_file(const std::filesystem::path& path) {
  if (const auto swept = remove_leftovers_of(path); !swept)
    return fail_errno(swept.error(), fmt::format("removing what is left beside {}", shown(path)));
  if (::unlink(path.c_str()) != 0) return failed(errno, path);
  return sync_folder_of(path);
}

Result<void> make_private_folder(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_filename() ? path : path.parent_path();
  if (::mkdir(folder.c_str(), kPrivateFolder) == 0) return sync_folder_of(folder);
  if (const int saved = errno; saved != EEXIST) return failed(saved, folder);
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return failed(errno, folder);
  if (!S_ISDIR(status.st_mode)) return failed(ENOTDIR, folder);
  return {};
}

Result<unsigned> access_of_others(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return failed(errno, path);
  return status.st_mode & 07U;
}

}  // namespace innernet
