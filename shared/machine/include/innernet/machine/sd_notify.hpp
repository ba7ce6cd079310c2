#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace innernet {

/// Tells the service manager, if there is one (sd_notify(3): a datagram to $NOTIFY_SOCKET), for example `READY=1`. Never fails: nothing
/// may depend on being notified.
void sd_notify(std::string_view state);

/// Half of $WATCHDOG_USEC, how often `WATCHDOG=1` is due; none without a watchdog for this process.
std::optional<std::chrono::microseconds> watchdog_period();

}  // namespace innernet
