#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/server/coordinator.hpp"

namespace innernet::server {

/// Who is answered when. Requests that are ready are collected until the loop has read what there is, then answered in one turn, so that
/// their writes share a commit. Source addresses take turns, too: one that asks a thousand times does not hold up one that asks once, who
/// comes first, as a new flow does in FQ-CoDel (RFC 8290, 4.2).
///
/// - A client is in one place at a time: idle in none, ready in its source's queue, waiting in waiting_ and deadlines_, busy in busy_.
///   forget() takes it out of each.
/// - A source whose queue is not empty is in `fresh_` or in the ring, once in all, unless it has too much unsent. One that was answered
/// goes
///   to the end of the ring, even with an empty queue: who comes back at once is not fresh before the others had their turn.
/// - A source's `unsent` is the sum of its clients' `unsent_`: of their bodies, each from its answer to sent() or leave().
/// - A client is in handed_ from its answer to the end of the turn. One that leaves meanwhile is null there: whatever is delivered may
///   make a client leave.
/// - Answers are delivered after the commit, each once.
/// - Between two runs, `wake` was called if `fresh_` or the ring is not empty, and what comes later is in next_deadline().
class Turns {
 public:
  struct Limits {
    std::size_t connections_per_source = 64;
    std::size_t requests_per_turn = 8;               ///< who comes during a turn waits for it, and for the sending of its answers
    std::size_t unsent_bytes_per_source = 4U << 20;  ///< of more than one answer; a source that does not read is not answered further
    std::chrono::milliseconds work_per_turn{2};      ///< no request is begun after that, and what has come meanwhile gets its turn
    std::chrono::milliseconds news_delay{20};        ///< changes that come together wake waiting clients once
    std::chrono::milliseconds busy_retry{5};
    std::chrono::milliseconds busy_patience{5'000};
  };

  /// The answering side, as Coordinator has it.
  class Answerer {
   public:
    virtual ~Answerer() = default;
    virtual Result<void> begin_turn() = 0;
    virtual Coordinator::Outcome answer(const Request& request) = 0;
    virtual Result<void> end_turn() = 0;
    /// After the answers have been handed out: what follows outside.
    virtual void after_turn() = 0;
  };

  struct Source;

  /// A connection that asks. One request at a time.
  class Client {
   public:
    virtual ~Client() = default;
    virtual void deliver(Response response) = 0;
    /// The answer will take a while; the connection should notice when the other side hangs up.
    virtual void held() = 0;

    Request request;
    bool is_waiting() const { return state_ == State::kWaiting; }

   protected:
    Source* source() const { return source_; }

   private:
    friend class Turns;
    enum class State { kIdle, kReady, kWaiting, kBusy };
    State state_ = State::kIdle;
    Source* source_ = nullptr;
    CidrId group_{};
    std::optional<BootTime> deadline_;  // of a request that waits, since it was asked first
    std::optional<BootTime> busy_since_;
    std::size_t unsent_ = 0;  // of its answer's body, in bytes
  };

  /// `wake` asks for run() to be called soon, from the loop.
  Turns(Answerer& answerer, const Clock& clock, const Limits& limits, std::function<void()> wake);
  ~Turns();

  /// False when this address has as many connections as it may have; then there is nothing to leave.
  bool enter(Client& client, const IpAddress& address);
  std::size_t connections_of(const IpAddress& address) const;
  /// The client is gone; it is not answered any more.
  void leave(Client& client);

  /// `client.request` is complete.
  void ready(Client& client);
  /// All of the answer to this client has been sent.
  void sent(Client& client);

  /// There is news of these groups: those who wait for it are asked again in a moment.
  void announce(const std::vector<CidrId>& groups);
  /// A turn sees what other programs wrote, even if nobody asks.
  void request_turn();
  /// Whoever is told to ask again (Busy, Storing) does so in the next turn.
  void ask_again();
  /// Nobody waits any more, now and from now on.
  void stop_waiting();
  /// This client does not wait any more for what it has asked.
  void stop_waiting(Client& client);

  /// Answers what is ready. Calls `wake` again if there is more.
  void run();
  /// When run() is due without anybody asking.
  std::optional<BootTime> next_deadline() const;

  std::size_t waiting() const { return deadlines_.size(); }

 private:
  struct Handed;

  void queue(Client& client);
  void hold(Client& client, const Coordinator::Waiting& waiting);
  void retry_later(Client& client);
  void keep_until_asked_again(Client& client);
  void forget(Client& client);
  void give(Client& client, Response response);
  void collect_due();
  Client* next_ready();
  void enter_ring(Source& source);
  void drop_idle_sources();
  void wake_once();

  Answerer& answerer_;
  const Clock& clock_;
  Limits limits_;
  std::function<void()> wake_;
  bool woken_ = false;
  bool waits_allowed_ = true;
  bool running_ = false;
  std::unordered_map<IpAddress, std::unique_ptr<Source>> sources_;
  std::deque<Source*> fresh_;  // sources with ready requests that were not in the ring: they come first
  std::deque<Source*> ring_;
  std::map<CidrId, std::unordered_set<Client*>> waiting_;
  std::set<std::pair<BootTime, Client*>> deadlines_;
  std::unordered_set<Client*> busy_;
  std::optional<BootTime> busy_again_;
  std::uint64_t last_ticket_ = 0;
  std::set<CidrId> news_;
  std::optional<BootTime> news_at_;
  std::vector<Handed> handed_;
  std::string told_failure_;
};

}  // namespace innernet::server
