#include "relay_reach.hpp"

#include <fmt/format.h>

namespace innernet::server {

Result<void> relay_reach(const RelayEvidence& evidence) {
  if (evidence.registrations > 0 || !evidence.is_client_there) return {};
  if (evidence.handshakes > 0)
    return fail(
        ErrorKind::kUnreachable,
        fmt::format(
            "peers write to UDP port {}, but the answers don't seem to arrive: let UDP from that port out of this machine's firewall",
            evidence.port));
  return fail(
      ErrorKind::kUnreachable,
      fmt::format(
          "no peer has reached UDP port {} yet, so it seems to be closed: open it in this machine's firewall, and forward it where the "
          "server is behind a router, or choose another one with --relay-port (with --no-relay nobody is relayed). Nothing is wrong if all "
          "peers that are up have --no-nat-traversal",
          evidence.port));
}

}  // namespace innernet::server
