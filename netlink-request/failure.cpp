#include "innernet/netlink/failure.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace innernet::netlink {
namespace {

ErrorKind kind_of(int code) {
  switch (code) {
    case ENODEV:
    case ENOENT:
      return ErrorKind::kNotFound;
    case EEXIST:
      return ErrorKind::kAlreadyExists;
    case EPERM:
    case EACCES:
      return ErrorKind::kPermission;
    case EBUSY:
      return ErrorKind::kBusy;
    case EOPNOTSUPP:
      return ErrorKind::kUnsupported;
    case ENOBUFS:
    case ETIMEDOUT:
    case EINTR:
      return ErrorKind::kUnreachable;
    default:
      return ErrorKind::kSystem;
  }
}

}  // namespace

std::string_view permission_remedy() { return "run it as root, or give the program the capability: setcap cap_net_admin+eip PROGRAM"; }

Error Failure::to_error(std::string_view what) const {
  std::string message = fmt::format("{}: {}", what, std::generic_category().message(code));
  if (!text.empty()) message += fmt::format(" ({})", text);
  const ErrorKind kind = kind_of(code);
  if (kind == ErrorKind::kPermission) message += fmt::format("; {}", permission_remedy());
  return Error(kind, std::move(message));
}

}  // namespace innernet::netlink
