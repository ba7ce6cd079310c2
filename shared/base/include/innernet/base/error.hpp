#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace innernet {

/// What a program can do about a failure. Each place that acts on kinds (HTTP status, exit code, retry) is one table.
enum class ErrorKind {
  kInvalidInput,  ///< what was given is wrong; the same again fails again
  kNotFound,
  kAlreadyExists,
  kPermission,   ///< a capability, owner or mode is missing
  kBusy,         ///< somebody else holds it just now (a lock, the database); the same again in a moment works
  kInterrupted,  ///< we were told to stop, or whoever was asked has left
  kUnreachable,  ///< the other side did not answer; later may help
  kReadOnly,     ///< the file system takes no changes
  kUnsupported,  ///< this machine can't do it: a module, a program or a call is not there
  kSystem,       ///< everything else that the system refuses
};

/// A failure: a kind for programs, a message for people. The message reads from the outside in, "what was being done:
/// to what: why it failed", and grows on its way up through `context()`. It never holds a key.
class Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  /// From an `errno` that the caller saved on the line after the failing call: "WHAT: No such file or directory", with
  /// the kind that belongs to it (ENOENT: kNotFound, EEXIST: kAlreadyExists, EPERM and EACCES: kPermission, EBUSY: kBusy, EROFS: kReadOnly,
  /// ENOSYS and EOPNOTSUPP: kUnsupported, else kSystem).
  static Error system(int saved_errno, std::string_view what);

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }

  /// Says in front what was being attempted.
  Error context(std::string_view doing) && {
    message_.insert(0, ": ").insert(0, doing);
    return std::move(*this);
  }

 private:
  ErrorKind kind_;
  std::string message_;
};

/// Input as a message may show it: in quotes, cut after 80 bytes, with everything escaped that a terminal could act on.
std::string quoted(std::string_view text);

// std::quoted of <iomanip>, which <filesystem> includes, is found for every std::string (argument-dependent lookup) and
// would win against a conversion. These match as well as it does, and are no templates, so they win.
inline std::string quoted(const std::string& text) { return quoted(std::string_view(text)); }
inline std::string quoted(std::string& text) { return quoted(std::string_view(text)); }
inline std::string quoted(const char* text) { return quoted(std::string_view(text)); }

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message) { return std::unexpected(Error(kind, std::move(message))); }

inline std::unexpected<Error> invalid_input(std::string message) { return fail(ErrorKind::kInvalidInput, std::move(message)); }

/// fail_errno(saved, "/etc/innernet/evilcorp.conf"): see Error::system.
inline std::unexpected<Error> fail_errno(int saved_errno, std::string_view what) {
  return std::unexpected(Error::system(saved_errno, what));
}

}  // namespace innernet

/// TRY(auto key, PublicKey::parse(text));  declares `key`, or returns the error from the enclosing function.
#define TRY(declaration, expression) INNERNET_TRY_(declaration, expression, INNERNET_CAT_(try_result_, __COUNTER__))
#define INNERNET_TRY_(declaration, expression, result)            \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = *std::move(result)
#define INNERNET_CAT_(a, b) INNERNET_CAT2_(a, b)
#define INNERNET_CAT2_(a, b) a##b

/// TRY_VOID(write(...));  returns the error from the enclosing function, if there is one.
#define TRY_VOID(expression) INNERNET_TRY_VOID_(expression, INNERNET_CAT_(try_result_, __COUNTER__))
#define INNERNET_TRY_VOID_(expression, result)                                                  \
  do {                                                                                          \
    if (auto result = (expression); !result) return std::unexpected(std::move(result).error()); \
  } while (false)

/// TRY_VOID_CONTEXT(write(...), "saving the config");  as TRY_VOID, with `doing` in front of the message.
#define TRY_VOID_CONTEXT(expression, doing) INNERNET_TRY_VOID_CONTEXT_(expression, doing, INNERNET_CAT_(try_result_, __COUNTER__))
#define INNERNET_TRY_VOID_CONTEXT_(expression, doing, result)                                                  \
  do {                                                                                                         \
    if (auto result = (expression); !result) return std::unexpected(std::move(result).error().context(doing)); \
  } while (false)

/// TRY_CONTEXT(auto text, read_file(path), "reading interface config");  as TRY, with `doing` in front of the message.
#define TRY_CONTEXT(declaration, expression, doing) \
  INNERNET_TRY_CONTEXT_(declaration, expression, doing, INNERNET_CAT_(try_result_, __COUNTER__))
#define INNERNET_TRY_CONTEXT_(declaration, expression, doing, result)            \
  auto result = (expression);                                                    \
  if (!result) return std::unexpected(std::move(result).error().context(doing)); \
  declaration = *std::move(result)
