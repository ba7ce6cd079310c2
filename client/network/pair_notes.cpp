#include "pair_notes.hpp"

#include "innernet/client/network_lock.hpp"
#include "saved_etag.hpp"

namespace innernet::client {

void PairNotes::keep(const std::vector<TriedWay>& tried, Locked locked) {
  constexpr std::chrono::seconds kBetweenWrites{5};
  for (const TriedWay& way : tried) notes_.push_back({.way = way, .at = clock_.wall()});
  if (locked == Locked::kNo) return;
  if (!is_installed()) return;
  if (written_ && clock_.boot() - *written_ < kBetweenWrites) return;
  written_ = clock_.boot();
  saved_.change([this](PairRecords& pairs) { note_in(pairs); });
}

void PairNotes::finish(wg::Backend& backend) {
  constexpr std::chrono::milliseconds kPatience{500};
  if (!is_installed()) return;
  const auto lock = lock_network(folders_, name_, nullptr, ReadOnly::kAccepted, kPatience);
  // Not worth more of a wait: the next round sees how the peers are connected, and what did not work is tried again.
  if (!lock || !is_installed()) return;
  const auto device = backend.get(name_);
  saved_.change([&](PairRecords& pairs) {
    note_in(pairs);
    if (device) pairs.see(*device, relays_, clock_.wall());
  });
}

// Uninstalled meanwhile, it shall leave nothing.
bool PairNotes::is_installed() const { return !file_identity(folders_.config_file(name_)).empty(); }

void PairNotes::note_in(PairRecords& pairs) {
  for (const Note& note : notes_)
    pairs.note(note.way.peer, note.way.is_registered, {.to = note.way.to, .is_relay = note.way.is_relay, .at = note.at});
  notes_.clear();
}

}  // namespace innernet::client
