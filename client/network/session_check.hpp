#pragma once

#include <unordered_map>
#include <vector>

#include "innernet/client/handshakes.hpp"
#include "innernet/wireguard/device.hpp"
#include "poke.hpp"
#include "wait.hpp"

namespace innernet::wg {
class Backend;
}

namespace innernet::client {

struct SilentPeer {
  wg::PublicKey key;
  std::uint64_t received_bytes = 0;
};

/// Who answers what is sent to a port that nobody listens to. Most machines do, by ICMP; some firewalls drop it without a word, and from
/// their silence nothing follows.
class AnsweringPeers {
 public:
  bool were_asked(const wg::PublicKey& peer) const { return answers_.contains(peer); }
  bool answer(const wg::PublicKey& peer) const {
    const auto found = answers_.find(peer);
    return found != answers_.end() && found->second;
  }
  /// Who has answered once is one who does.
  void note(const wg::PublicKey& peer, bool has_answered) { answers_[peer] |= has_answered; }

 private:
  std::unordered_map<wg::PublicKey, bool> answers_;
};

/// After this machine's network has changed: WireGuard takes each session for alive for up to 180 s, but a peer that only ever answers does
/// not know where we are now, and its router may not let us in from there. Relays have their handshakes anew, for by these they learn it;
/// each peer with a session is sent something, so that it does, too, and whoever used to answer, and has sent nothing in return within the
/// time, has none. Pure: check_sessions() has the device, the clock and the packets.
class SessionCheck {
 public:
  enum class Purpose {
    kNetworkChanged,
    kWhoAnswers  ///< before it does, so that it is known by then: of those who were not asked yet
  };
  struct Times {
    std::chrono::milliseconds again{
        400};  ///< between two packets to one peer: the first one to a peer behind a relay comes before that knows us
    std::chrono::milliseconds relay_again{700};  ///< between two handshakes with a relay
    std::chrono::milliseconds pace{20};          ///< between two lots of packets
    std::chrono::milliseconds all{1'200};
  };
  static constexpr std::size_t kMostAtOnce = 64;  ///< packets of one lot

  SessionCheck(Purpose purpose, const wg::Device& device, const Handshakes& handshakes, AnsweringPeers known, BootTime now)
      : SessionCheck(purpose, device, handshakes, std::move(known), now, Times{}) {}
  SessionCheck(Purpose purpose, const wg::Device& device, const Handshakes& handshakes, AnsweringPeers known, BootTime now,
               const Times& times);

  struct Step {
    wg::DeviceUpdate update;
    std::vector<IpAddress> pokes;  ///< after it
  };
  Step step(const wg::Device& device, BootTime now);
  bool done() const { return is_done_; }
  BootTime next_step() const { return next_; }

  struct Found {
    /// Nobody, while nobody at all has answered: then it is this machine that reaches nothing.
    std::vector<SilentPeer> silent{};
    AnsweringPeers known;  ///< as before, and what has been learnt
  };
  /// At its end.
  Found found() &&;

 private:
  struct Peer {
    wg::PublicKey key;
    IpAddress inside;
    std::uint64_t received = 0;
    int poked = 0;
    bool has_answered = false;
  };
  void see(const wg::Device& device);

  Purpose purpose_;
  AnsweringPeers known_;
  Times times_;
  BootTime began_, next_;
  std::vector<Peer> peers_;
  std::unordered_map<wg::PublicKey, BootTime> relays_;  // and when their handshakes began
  bool has_begun_ = false, has_anybody_answered_ = false, is_done_ = false;
};

/// Drives it to its end. A stop finds nothing.
Result<SessionCheck::Found> check_sessions(SessionCheck::Purpose purpose, wg::Backend& backend, const InterfaceName& name,
                                           Handshakes handshakes, const AnsweringPeers& known, Wait& wait, const Poke& poke);

}  // namespace innernet::client
