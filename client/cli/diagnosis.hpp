#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/json/json_object.hpp"
#include "peer_rows.hpp"

namespace innernet::client {

/// What this machine knows of a pair, it and one peer: what `why` judges by.
struct PairFacts {
  const PeerRow& row;
  const Peer* peer = nullptr;  ///< as the state has it; null: it does not
  const Peer* own = nullptr;   ///< our own entry there; null: there is none
  std::string network;
  std::uint16_t listen_port = 0;
  WallTime now{};
  bool is_server = false;
  bool server_answers = true;  ///< there is a session with it
  bool is_registered = false;  ///< the peer, with a relay, when ways to it were tried last
  bool network_has_relays = false;

  struct Relay {
    std::string on;  ///< the name of a peer
    SocketAddress at;
    bool answers = false;
  };
  std::vector<Relay> relays{};  ///< on the device
  bool has_daemon = true;       ///< that looks for ways
  MappingReport mapping{};      ///< of this machine's port, as it stands now
};

struct Finding {
  std::string_view id;  ///< for programs
  std::string text;     ///< a sentence
};

/// Why a pair is as it is, and what would help. Pure.
struct Diagnosis {
  std::vector<Finding> reasons;
  std::vector<Finding> remedies;
};

Diagnosis diagnose(const PairFacts& facts);

/// Of a peer that the server shows this machine, but that is not on the interface.
Diagnosis diagnose_missing(const std::string& network, const Peer& peer);

/// What an administrator's list says of a peer that the state does not have.
struct SeenByAdmin {
  const Peer* peer = nullptr;  ///< null: there is none of that name
  std::string own_cidr;
  std::string its_cidr;
};
/// Of a peer that this machine is not shown; without `seen`, nobody could be asked.
Diagnosis diagnose_invisible(const std::string& network, const std::string& name, const SeenByAdmin* seen);

/// `bob is relayed by innernet-server for 5 minutes, 3 seconds, round trip 24.1 ms.`
std::string headline(const PeerRow& row, WallTime now);
std::string render(const std::string& headline, const Diagnosis& diagnosis);
JsonObject describe(const std::string& network, const JsonObject& peer, const Diagnosis& diagnosis);

}  // namespace innernet::client
