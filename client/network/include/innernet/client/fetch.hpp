#pragma once

#include "innernet/client/options.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/config/config.hpp"

namespace innernet::client {

/// `innernet fetch`: brings an interface that is up in line with the server's state, or with the cached one when the server can't be
/// reached. Tells what it does through the log. Refuses an interface that is absent, somebody else's or half configured.
Result<void> fetch(const ClientOptions& options, const InterfaceName& name, const Stop& stop);

/// `innernet up NAME`: the same, but an interface that is down is brought up first, and one that is half configured repaired if it is
/// ours. When bringing up fails, what it made is removed again; when only the fetch fails, the interface stays, because it can recover.
Result<void> up(const ClientOptions& options, const InterfaceName& name, const Stop& stop);

}  // namespace innernet::client
