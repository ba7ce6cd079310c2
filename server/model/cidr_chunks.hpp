#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "innernet/server/network.hpp"

namespace innernet::server {

/// The visible peers of each CIDR as ready-made JSON, in pieces of about a hundred peers: a change writes one piece anew, whatever the size
/// of the network. Nothing is written before it is asked for.
class CidrChunks {
 public:
  explicit CidrChunks(const Network& network) : network_(&network) {}

  /// The peer was added to the CIDR, changed in it, or removed from it.
  void mark(CidrId cidr, PeerId peer);
  void clear() { chunks_.clear(); }
  void erase(CidrId cidr) { chunks_.erase(cidr); }

  /// Upper bound of what append_to() appends, in bytes. Brings the chunk up to date.
  std::size_t size(CidrId cidr);
  /// Comma-separated objects, by id; needs size() to be called before. Puts a comma in front where `out` does not end in '['.
  void append_to(std::string& out, CidrId cidr) const;

 private:
  struct Piece {
    PeerId first;  // ids from here to the first of the next piece
    bool stale = true;
    std::string json;
  };
  struct Chunk {
    std::vector<Piece> pieces;
    std::size_t bytes = 0;
    bool stale = true;
  };

  void rebuild(CidrId cidr, Chunk& chunk) const;
  std::string write(std::span<const PeerRecord* const> peers) const;

  const Network* network_;
  std::unordered_map<CidrId, Chunk> chunks_;
};

}  // namespace innernet::server
