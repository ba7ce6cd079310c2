#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet::netlink {

/// Why a request failed, before anybody knows what it was for: callers decide on the errno what it means to them.
struct Failure {
  int code = 0;      ///< the errno of the kernel or of the socket; EPROTO for an answer that makes no sense
  std::string text;  ///< what the kernel said besides (NLMSGERR_ATTR_MSG), or what makes no sense; may be empty

  /// "WHAT: No such device (TEXT)". ENODEV and ENOENT are kNotFound, EEXIST is kAlreadyExists, EPERM and EACCES are kPermission
  /// with the remedy in the message, EBUSY is kBusy, EOPNOTSUPP kUnsupported, a lost or missing answer kUnreachable, all else kSystem.
  Error to_error(std::string_view what) const;
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failure(int code, std::string text = {}) { return std::unexpected(Failure{code, std::move(text)}); }

/// What an admin can do about a missing capability; ends a sentence.
std::string_view permission_remedy();

}  // namespace innernet::netlink
