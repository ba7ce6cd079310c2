#pragma once

#include <filesystem>

#include "innernet/client/options.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/config/config.hpp"

namespace innernet::client {

enum class Installed {
  kFetched,     ///< the interface is up and has its peers
  kNotFetched,  ///< redeemed and configured, but no fetch succeeded: `up` must be run by hand (already warned about)
};

/// `innernet install`, from the check that nothing of that name is in the way to the first fetch: redeems `invitation` and writes
/// NAME.conf. Before the server is told of the permanent key it is on disk, in a pending file, so that the same
/// command again gets the peer in, wherever it was killed. On failure, or a `stop` before the server has answered, the
/// interface is removed again; the message says whether the invitation is still good.
/// Refuses (kAlreadyExists) when NAME.conf or a link of that name is there, unless it is an earlier install's of the same invitation.
Result<Installed> install(const ClientOptions& options, const InterfaceName& name, const InterfaceConfig& invitation, const Stop& stop);

/// Removes the invitation after an install. A failure is a warning: the install has succeeded.
void delete_invitation(const std::filesystem::path& path);

}  // namespace innernet::client
