#include "remote_database.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "innernet/base/unique_fd.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::server::db {

/// What the two threads share is `shared`, under `mutex`; the database is the thread's alone between start() and join().
///
/// - `version` counts what was put into `contents`. A transaction says of which it was noted; when it is begun on other ones it is kBusy.
/// - `finished` is set once for each transaction, after whatever it has found has been put into `contents`.
struct RemoteDatabase::Worker {
  struct Transaction {
    std::vector<Operation> operations;
    std::uint64_t version;
  };
  struct Shared {
    std::optional<Contents> contents;
    HighestIds ids;
    std::optional<LoggedEpoch> last_epoch;
    std::uint64_t version = 0;
    std::optional<Transaction> transaction;
    std::optional<Result<void>> finished;
    std::optional<std::string> deposed;
    std::optional<std::chrono::steady_clock::time_point> unreachable_since;
    bool stops = false;
  };

  Worker(std::unique_ptr<Database> opened, const Periods& chosen) : database(std::move(opened)), periods(chosen) {
    std::array<int, 2> ends{-1, -1};
    // Without it the thread looks once a period.
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) woken = UniqueFd(ends[0]), waker = UniqueFd(ends[1]);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { join(); }

  void wake() const {
    [[maybe_unused]] const auto written = ::write(waker.get(), "", 1);  // a full pipe is readable anyway
  }

  void join() {
    if (!thread.joinable()) return;
    {
      const std::lock_guard lock(mutex);
      shared.stops = true;
    }
    wake();
    thread.join();
  }

  void run() {
    for (;;) {
      std::optional<Transaction> transaction;
      {
        const std::lock_guard lock(mutex);
        transaction = std::exchange(shared.transaction, std::nullopt);
        if (!transaction && shared.stops) return;
      }
      if (transaction) {
        finish(carry_out(*transaction));
        continue;
      }
      // A session that was lost is mostly to be had again at once (the server was started anew, a proxy has ended it).
      if (!look() && !look()) log::debug("{} is tried again in a moment", database->name());
      wait();
    }
  }

  // Until there is something to do, or it is time to look at the session.
  void wait() const {
    std::array<pollfd, 2> events{pollfd{.fd = woken.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = database->descriptor(), .events = POLLIN, .revents = 0}};
    static_cast<void>(::poll(events.data(), events.size(), static_cast<int>(periods.look.count())));
    std::array<char, 64> ignored{};
    [[maybe_unused]] const auto taken = ::read(woken.get(), ignored.data(), ignored.size());
  }

  bool look() {
    auto contents = database->refresh(true);
    if (!contents) return note_failure(contents.error());
    if (*contents) {
      // Both of one moment, or the next transaction finds out that they are not.
      const auto ids = database->highest_ids();
      if (!ids) return note_failure(ids.error());
      give(**std::move(contents), *ids);
    }
    note_reached();
    return true;
  }

  void give(Contents contents, const HighestIds& ids) {
    {
      const std::lock_guard lock(mutex);
      // What was not taken is older.
      const bool was_replaced = shared.contents && shared.contents->is_replaced;
      shared.contents = std::move(contents);
      shared.contents->is_replaced |= was_replaced;
      shared.ids = ids;
      ++shared.version;
    }
    notify();
  }

  // The caller waits for an answer, and tells what became of it; only what is news is told here.
  bool note_failure(const Error& error) {
    if (error.kind() == ErrorKind::kBusy) return false;  // somebody holds a lock, and lets go of it
    const bool is_deposed = error.kind() == ErrorKind::kAlreadyExists;
    bool is_news = false;
    {
      const std::lock_guard lock(mutex);
      is_news = !shared.unreachable_since || (is_deposed && !shared.deposed);
      if (!shared.unreachable_since) shared.unreachable_since = std::chrono::steady_clock::now();
      if (is_deposed && !shared.deposed) shared.deposed = error.message();
    }
    if (is_news) log::warning("{}{}", error.message(), is_deposed ? "" : "; it is tried again, and until then nothing can be changed");
    if (is_news) notify();
    return false;
  }

  void note_reached() {
    bool is_news = false;
    {
      const std::lock_guard lock(mutex);
      is_news = std::exchange(shared.unreachable_since, std::nullopt).has_value();
    }
    if (!is_news) return;
    log::info("{} is reached again", database->name());
    notify();
  }

  Result<void> carry_out(const Transaction& transaction) {
    auto fresh = database->begin();
    if (!fresh) {
      note_failure(fresh.error());
      return std::unexpected(std::move(fresh).error());
    }
    note_reached();
    const auto is_current = [&] {
      const std::lock_guard lock(mutex);
      return transaction.version == shared.version;
    };
    if (*fresh) {
      const auto ids = database->highest_ids();
      static_cast<void>(database->roll_back());
      if (!ids) return std::unexpected(ids.error());
      give({.network = **std::move(fresh)}, *ids);
      return fail(ErrorKind::kBusy, "others have written meanwhile");
    }
    auto done = is_current() ? apply(transaction.operations) : fail(ErrorKind::kBusy, "others have written meanwhile");
    std::optional<HighestIds> ids;
    std::optional<LoggedEpoch> epoch;
    if (done) done = note_end(ids, epoch);
    if (done) done = database->commit();
    if (!done) {
      static_cast<void>(database->roll_back());
      if (done.error().kind() == ErrorKind::kUnreachable) note_failure(done.error());
      return done;
    }
    const std::lock_guard lock(mutex);
    shared.ids = *ids;
    shared.last_epoch = epoch;
    return {};
  }

  Result<void> apply(const std::vector<Operation>& operations) {
    for (const Operation& operation : operations) TRY_VOID(operation(database->store()));
    return {};
  }

  Result<void> note_end(std::optional<HighestIds>& ids, std::optional<LoggedEpoch>& epoch) {
    TRY(ids, database->highest_ids());
    TRY(epoch, database->store().log().last_epoch());
    return {};
  }

  void finish(Result<void> result) {
    {
      const std::lock_guard lock(mutex);
      shared.finished = std::move(result);
    }
    is_finished.notify_all();
    notify();
  }

  const std::unique_ptr<Database> database;
  const Periods periods;
  UniqueFd woken, waker;  // the two ends of a pipe
  std::function<void()> notify = [] {};
  mutable std::mutex mutex;
  std::condition_variable is_finished;
  Shared shared;
  std::thread thread;
};

RemoteDatabase::RemoteDatabase(std::unique_ptr<Database> database, const Periods& periods)
    : name_(database->name()), worker_(std::make_unique<Worker>(std::move(database), periods)) {
  term_ = worker_->database->term();
}

RemoteDatabase::~RemoteDatabase() = default;

void RemoteDatabase::start(std::function<void()> notify) {
  worker_->notify = std::move(notify);
  worker_->shared.ids = ids_;
  worker_->shared.last_epoch = last_epoch_;
  worker_->thread = std::thread([worker = worker_.get()] { worker->run(); });
}

Result<Network> RemoteDatabase::load() {
  TRY(auto network, worker_->database->load());
  TRY(ids_, worker_->database->highest_ids());
  return network;
}

Result<StoredLog> RemoteDatabase::load_log() {
  // Only a database that was replaced is asked for while the thread has it, and none is that we know.
  if (worker_->thread.joinable()) return StoredLog{};
  TRY(auto log, worker_->database->load_log());
  last_epoch_ = log.epochs.empty() ? std::nullopt : std::optional(log.epochs.back());
  return log;
}

Result<std::optional<Database::Contents>> RemoteDatabase::refresh(bool /*may_be_replaced*/) {
  if (is_busy_) return std::nullopt;
  const std::lock_guard lock(worker_->mutex);
  auto& shared = worker_->shared;
  version_ = shared.version;
  ids_ = shared.ids;
  last_epoch_ = shared.last_epoch;
  return std::exchange(shared.contents, std::nullopt);
}

Result<std::optional<Network>> RemoteDatabase::begin() {
  if (is_busy_) return fail(ErrorKind::kBusy, name_ + ": the last change is not stored yet");
  store_.begin(ids_, last_epoch_);
  is_noting_ = true;
  return std::nullopt;
}

Result<void> RemoteDatabase::commit() {
  is_noting_ = false;
  return {};
}

Result<void> RemoteDatabase::roll_back() {
  is_noting_ = false;
  return {};
}

void RemoteDatabase::submit(std::vector<Operation> operations) {
  is_busy_ = true;
  {
    const std::lock_guard lock(worker_->mutex);
    worker_->shared.transaction = Worker::Transaction{.operations = std::move(operations), .version = version_};
  }
  worker_->wake();
}

std::optional<Result<void>> RemoteDatabase::take_finished() {
  const std::lock_guard lock(worker_->mutex);
  auto finished = std::exchange(worker_->shared.finished, std::nullopt);
  if (!finished) return std::nullopt;
  is_busy_ = false;
  return finished;
}

bool RemoteDatabase::is_finished(std::chrono::milliseconds patience) const {
  std::unique_lock lock(worker_->mutex);
  return worker_->is_finished.wait_for(lock, patience, [this] { return worker_->shared.finished.has_value(); });
}

std::optional<std::string> RemoteDatabase::deposed() const {
  const std::lock_guard lock(worker_->mutex);
  return worker_->shared.deposed;
}

std::optional<std::chrono::steady_clock::time_point> RemoteDatabase::unreachable_since() const {
  const std::lock_guard lock(worker_->mutex);
  return worker_->shared.unreachable_since;
}

Result<void> RemoteDatabase::close() {
  worker_->join();
  return worker_->database->close();
}

}  // namespace innernet::server::db
