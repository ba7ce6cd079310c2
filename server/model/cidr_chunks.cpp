#include "cidr_chunks.hpp"

#include <algorithm>
#include <limits>

#include "innernet/json/json.hpp"

namespace innernet::server {
namespace {

constexpr std::size_t kPeersOfPiece = 64;
constexpr std::size_t kMostPeersOfPiece = 2 * kPeersOfPiece;
constexpr PeerId kLowestId{std::numeric_limits<std::int64_t>::min()};

}  // namespace

void CidrChunks::mark(CidrId cidr, PeerId peer) {
  const auto found = chunks_.find(cidr);
  if (found == chunks_.end()) return;
  Chunk& chunk = found->second;
  chunk.stale = true;
  auto piece = std::ranges::upper_bound(chunk.pieces, peer, {}, &Piece::first);
  if (piece != chunk.pieces.begin()) std::prev(piece)->stale = true;
}

std::string CidrChunks::write(std::span<const PeerRecord* const> peers) const {
  std::string json;
  for (const PeerRecord* record : peers) {
    if (!Network::is_visible(record->peer)) continue;
    if (!json.empty()) json += ',';
    append_json(json, Network::as_shown(*record));
  }
  json.shrink_to_fit();
  return json;
}

void CidrChunks::rebuild(CidrId cidr, Chunk& chunk) const {
  const auto all = network_->peers_of(cidr);
  const auto position = [&](PeerId id) {
    return std::ranges::lower_bound(all, id, {}, [](const PeerRecord* record) { return record->peer.id; }) - all.begin();
  };
  if (chunk.pieces.empty()) chunk.pieces.push_back({kLowestId, true, {}});
  for (std::size_t i = 0; i < chunk.pieces.size(); ++i) {
    if (!chunk.pieces[i].stale) continue;
    const auto begin = static_cast<std::size_t>(position(chunk.pieces[i].first));
    const auto end = i + 1 < chunk.pieces.size() ? static_cast<std::size_t>(position(chunk.pieces[i + 1].first)) : all.size();
    const auto members = all.subspan(begin, end - begin);
    if (members.size() > kMostPeersOfPiece) {
      std::vector<Piece> rest;
      for (std::size_t at = kPeersOfPiece; at < members.size(); at += kPeersOfPiece) rest.push_back({members[at]->peer.id, true, {}});
      chunk.pieces.insert(chunk.pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::make_move_iterator(rest.begin()),
                          std::make_move_iterator(rest.end()));
    }
    Piece& piece = chunk.pieces[i];
    chunk.bytes -= piece.json.size();
    piece.json = write(members.first(std::min(members.size(), members.size() > kMostPeersOfPiece ? kPeersOfPiece : members.size())));
    chunk.bytes += piece.json.size();
    piece.stale = false;
  }
  chunk.stale = false;
}

std::size_t CidrChunks::size(CidrId cidr) {
  if (network_->peers_of(cidr).empty()) {
    chunks_.erase(cidr);
    return 0;
  }
  Chunk& chunk = chunks_[cidr];
  if (chunk.stale) rebuild(cidr, chunk);
  return chunk.bytes + chunk.pieces.size();
}

void CidrChunks::append_to(std::string& out, CidrId cidr) const {
  const auto found = chunks_.find(cidr);
  if (found == chunks_.end()) return;
  for (const Piece& piece : found->second.pieces) {
    if (piece.json.empty()) continue;
    if (!out.ends_with('[')) out += ',';
    out += piece.json;
  }
}

}  // namespace innernet::server
