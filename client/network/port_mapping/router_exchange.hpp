#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>

#include "innernet/base/error.hpp"
#include "innernet/base/temp_file.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/machine/gateway.hpp"
#include "port_control.hpp"
#include "upnp_messages.hpp"

namespace innernet::client {

// Sockets to a router, through its link and from the address that it knows us by. Each call has an end in time, and ends early, with
// kInterrupted, on `stop`, which may be null. kUnreachable: nobody answers, or says that nobody is there.

/// For how long to wait after each time that a packet is sent.
using Pauses = std::span<const std::chrono::milliseconds>;

/// Whether this was the answer. Others are passed over.
using TakePacket = std::function<bool(Packet)>;
Result<void> exchange_packets(const Gateway& place, std::uint16_t port, Packet request, Pauses pauses, const Stop* stop,
                              const TakePacket& take);

/// Asks the router, and the group in which UPnP's routers listen, where it describes itself. Others who answer are not heard.
Result<RouterUrl> search_router(const Gateway& place, std::uint16_t port, std::chrono::milliseconds patience, const Stop* stop);

struct RouterReply {
  int status = 0;
  std::string body;  ///< at most 64 KiB, or it fails
};
/// A connection for one request.
Result<RouterReply> exchange_http(const Gateway& place, const SocketAddress& host, std::string_view request,
                                  std::chrono::milliseconds patience, const Stop* stop);

/// Hears what routers say unasked; none where that can't be had. Several may listen.
Result<UniqueFd> listen_to_announcements();
/// What `place`'s router has said, if it was that; reads one packet. An errno when there is none (any more).
Attempt<std::optional<RouterAnnouncement>> take_announcement(int fd, const std::optional<Gateway>& place);

}  // namespace innernet::client
