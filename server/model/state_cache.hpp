#pragma once

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "change_log.hpp"
#include "cidr_chunks.hpp"
#include "innernet/base/clock.hpp"
#include "saved_log.hpp"

namespace innernet::server {

/// The ready answers to GET /v1/user/state, and what is news to whom.
///
/// All peers of one CIDR see the same: they are a group, named by the CIDR. Groups that see the same CIDRs share a view, which holds the
/// joined body. Each change has a sequence number; the revision of a view is the number of the last change that concerns it and was
/// announced. An ETag is "EPOCH-GROUP-REVISION"; which of them are known, also after a restart, is said in saved_log.hpp.
///
/// What is decided about a peer (PeerFacts) is news at once. Changes of what is observed alone (PeerObservations) are frequent and seldom
/// urgent: they are announced at once to whoever asks without waiting, and otherwise at most once per period. A peer's first endpoint and
/// first candidates have a shorter period, which keeps a thousand peers that come back together from waking everybody a thousand times.
///
/// Invariants, between calls:
/// - A view is in `views_` as long as a group has it, under its roots, and in `views_by_root_` under each of them.
/// - A group whose `topology` is not `topology_` may have a view that it no longer sees: group() works that out before it is used.
/// - Nothing that a view shows has changed behind its `revision` unless it `has_unannounced`.
/// - A body holds all changes up to its `body_sequence`. It may be sent while that is not before the view's `revision`.
/// - `uses_` are the views that have a body, the last used in front, and `bodies_bytes_` is what their bodies take.
/// - The log has the changes of peers that came after `log_floor_`.
/// - Since `roots_since_` each group sees the CIDRs that it sees now, and no CIDR has another's id.
/// - `unsaved_` has what has changed since it was last saved.
/// - While nobody `anyone_to_wake_`, no view has `must_wake`.
class StateCache {
 public:
  struct Options {
    std::size_t cap_bytes = 0;  ///< of joined bodies that are kept; the last one always is
    std::chrono::milliseconds observations_period{};
    std::chrono::milliseconds first_endpoint_period{};
  };
  StateCache(const Network& network, const Options& options);

  struct Question {
    CidrId group{};
    std::optional<std::string_view> if_none_match;
    bool may_wait = false;
    bool accepts_delta = false;
    BootTime now;
  };
  struct Reply {
    bool not_modified = false;
    bool is_delta = false;
    std::shared_ptr<const std::string> body;  ///< null when not modified
    std::string etag;
  };
  Reply ask(const Question& question);
  /// Somebody of this group waits: take_news() names the group once when it has news.
  void note_waiting(CidrId group);
  /// Announces what is due.
  void announce(BootTime now);
  std::vector<CidrId> take_news();

  /// GET /v1/admin/peers: all peers by id.
  std::shared_ptr<const std::string> all_peers(BootTime now);
  /// `[…]`
  const std::string& cidrs();

  void peer_changed(const PeerRecord* before, const PeerRecord* after);
  void cidrs_changed(bool one_is_gone);
  void relays_changed(std::span<const Relay> relays);
  /// All servers, if there are several, and the term of this one; zero: there never was another one.
  void servers_changed(std::span<const Endpoint> servers, std::int64_t term);
  void associations_changed();
  void topology_changed();
  /// Goes on behind a past. Nothing that was ready holds.
  void resume(Past past);

  const Unsaved& unsaved() const { return unsaved_; }
  /// For one transaction: so many peers at most, and if these are all, the rest as well.
  Saving take_unsaved(std::size_t most_peers);
  /// It could not be written.
  void give_back(Saving saving) { unsaved_.give_back(std::move(saving.unsaved)); }
  /// Before what is saved at leisure: see tree_digest().
  void digest_tree();

 private:
  Present present() const;

  struct View {
    std::vector<CidrId> roots;
    std::set<CidrId> groups;
    std::uint64_t revision = 0;
    bool has_unannounced = false;  // only observations can be
    bool must_wake = false;        // among them a peer's first endpoint or candidates
    BootTime announced{};          // observations, last
    std::shared_ptr<const std::string> body;
    std::uint64_t body_sequence = 0;           // the changes that the body holds
    std::size_t body_bytes = 0;                // of the last body, kept or not; 0: never joined
    std::list<View*>::iterator use;            // valid while there is a body
    std::shared_ptr<const std::string> delta;  // the last one: many clients ask for the same
    std::uint64_t delta_from = 0, delta_to = 0;
  };
  struct Group {
    View* view = nullptr;
    std::uint64_t since = 0;     // the change from which on it has this view
    std::uint64_t topology = 0;  // for which that was worked out
    bool has_waiting = false;
    std::string tag;  // of this revision; empty: to be written
    std::uint64_t tag_revision = 0;
  };
  enum class News {
    kFacts,
    kFirstObservations,  // an endpoint or candidates of a peer that had none
    kObservations,
  };
  Group& group(CidrId id);
  View& view_of(std::vector<CidrId> roots);
  void leave_view(CidrId id, Group& member);
  void drop_body(View& view);
  bool is_due(const View& view, BootTime now) const;
  void announce(View& view, BootTime now);
  void wake(View& view);
  void renew_all();
  void forget_ready();
  void tree_changed();
  void settle_relays();
  std::uint64_t last_change(std::span<const CidrId> roots) const;
  bool is_below(CidrId cidr, std::span<const CidrId> roots) const;
  std::optional<std::uint64_t> known_revision(std::string_view tag, std::string_view current) const;
  std::size_t body_bytes_of(const View& view);
  void changed(const Peer& peer, News news);
  void join(View& view);
  std::shared_ptr<const std::string> delta(View& view, std::uint64_t from);
  /// The group's current ETag, kept: a poll with nothing new has it compared and sent back.
  const std::string& tag(CidrId id, Group& member) const;

  const Network* network_;
  Options options_;
  CidrChunks chunks_;
  std::uint64_t sequence_ = 1;
  std::uint64_t topology_ = 1;
  std::uint64_t cidrs_sequence_ = 1;
  std::uint64_t relays_sequence_ = 1;
  std::unordered_map<CidrId, Group> groups_;
  std::map<std::vector<CidrId>, std::unique_ptr<View>> views_;
  std::unordered_map<CidrId, std::unordered_set<View*>> views_by_root_;  // the server's CIDR is a root of all
  std::list<View*> uses_;                                                // views with a body, the last used in front
  std::size_t bodies_bytes_ = 0;
  ChangeLog log_;
  std::uint64_t log_floor_ = 1;
  std::uint64_t roots_since_ = 1;
  std::uint64_t epoch_ = 0;
  std::vector<db::LoggedEpoch> epochs_;  // earlier ones
  Unsaved unsaved_;
  std::optional<std::uint64_t> tree_digest_;  // none: of another tree
  bool anyone_to_wake_ = false;
  std::vector<CidrId> news_;
  std::string cidrs_json_;    // empty: to be written
  std::string relays_json_;   // empty: there are none
  std::string servers_json_;  // members of a state, with a comma in front; empty: none
  bool has_term_ = false;
  std::string relays_told_;                       // those of `relays_sequence_`
  bool has_answered_ = false;                     // since it has resumed
  std::shared_ptr<const std::string> all_peers_;  // while somebody asks for it
  BootTime all_peers_asked_{};
};

}  // namespace innernet::server
