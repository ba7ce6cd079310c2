#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/client/difference.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// Null: it is none of them.
const TraversalPeer* find_peer(const std::vector<TraversalPeer>& peers, const wg::PublicKey& key);

/// Whether there is a relay that has ever answered us. Behind another one there is nobody, and what looks like its address is another's:
/// routers may give the port that it is said to have to somebody else.
bool knows_us(const wg::Device& device, const SocketAddress& relay);

/// Notices by the peers behind a relay that it passes nothing on any more: they are sent to, and nothing comes back. WireGuard would
/// notice, too, but would try the same relay again. Whether it is the relay is for others to find out, by asking it. Pure.
class RelayWatch {
 public:
  struct Times {
    std::chrono::milliseconds quiet{3'000};      ///< since something was sent that nothing has come after
    std::chrono::milliseconds again{30'000};     ///< a relay is asked at most this often: it may be the peers that are gone
    std::chrono::milliseconds other_side{700};   ///< what one of the two waits longer, for handshakes that cross are lost
    std::chrono::milliseconds handshake{1'500};  ///< after it one that was moved begins it anew, instead of WireGuard's 5 s
    std::chrono::milliseconds forget{60'000};    ///< one that has not answered may be there again
  };
  RelayWatch() : RelayWatch(Times{}) {}
  explicit RelayWatch(const Times& times) : times_(times) {}

  /// The relays that are to be asked now, each once. `relayed` are the peers that may have been reached through one of them when somebody
  /// last looked.
  std::vector<SocketAddress> see(const wg::Device& device, const std::vector<TraversalPeer>& relayed, BootTime now);
  /// Whether anybody was behind a relay when it last looked.
  bool watches_anybody() const { return !seen_.empty(); }
  /// Who of those that were asked has answered.
  void note(const SocketAddress& relay, bool has_answered, BootTime now);
  /// The same of those that were asked for another reason. Whether it is there again.
  bool note_measured(const SocketAddress& relay, bool has_answered);
  /// Takes peers that are behind a relay that has not answered to the next one in their order that has, or of which nothing is known.
  wg::DeviceUpdate moves(const wg::Device& device, const std::vector<TraversalPeer>& relayed, BootTime now);
  /// Registers anew with relays that may have been started anew, and know nothing of us: those that have answered, but pass nothing on, and
  /// those that had not answered before. WireGuard would do so with its next handshake, after up to two minutes.
  wg::DeviceUpdate registrations(const wg::Device& device);
  bool wants_registration() const { return !forgetful_.empty(); }

 private:
  void begin_anew(wg::DeviceUpdate& update, const TraversalPeer& peer, const wg::Peer& there, BootTime now);

  struct Seen {
    std::uint64_t sent = 0, received = 0;  // bytes
    std::optional<BootTime> waits_since;
  };

  Times times_;
  std::unordered_map<wg::PublicKey, Seen> seen_;
  std::map<SocketAddress, BootTime> asked_;
  std::map<SocketAddress, BootTime> silent_;  // since
  std::set<SocketAddress> suspected_;         // when it was last looked
  std::set<SocketAddress> away_;              // have not answered last
  std::set<SocketAddress> forgetful_;
  struct Moved {
    BootTime at;
    int times = 1;
  };
  std::unordered_map<wg::PublicKey, Moved> moved_;
};

}  // namespace innernet::client
