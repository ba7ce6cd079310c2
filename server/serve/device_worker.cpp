#include "device_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "device_sync.hpp"
#include "expected_peers.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::server {

using Steady = std::chrono::steady_clock;

struct DeviceWorker::Impl {
  Impl(wg::Backend& backend_in, InterfaceName interface_in, Post post_in)
      : backend(backend_in), interface(std::move(interface_in)), post(std::move(post_in)), thread([this] { work(); }) {}

  void give(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex);
      jobs.push_back(std::move(job));
    }
    changed.notify_one();
  }

  // From here on: the worker's thread alone.

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      if (backlog.empty()) changed.wait(lock, [this] { return stopping || !jobs.empty(); });
      if (is_late() && (!jobs.empty() || !backlog.empty())) {
        log::warning("{}: WireGuard does not answer in time, so {} of its changes are left to the next start", interface.str(),
                     jobs.size() + backlog.size());
        return;
      }
      if (!jobs.empty()) {
        const auto job = std::move(jobs.front());
        jobs.pop_front();
        lock.unlock();
        job();
        lock.lock();
      } else if (stopping) {
        return;
      } else {
        lock.unlock();
        apply_next_slice();
        lock.lock();
      }
    }
  }

  template <class Callback, class Outcome>
  void complete(Callback& done, Outcome outcome) {
    if (!done) return;
    post([done = std::exchange(done, nullptr), outcome = std::move(outcome)] { done(outcome); });
  }

  // What was refused leaves nobody knowing what there is.
  Result<void> give_device(const wg::DeviceUpdate& update) {
    auto applied = backend.apply(interface, update);
    if (!applied) expected.forget();
    return applied;
  }

  bool is_late() const { return Steady::now() >= Steady::time_point(Steady::duration(leave_at)); }

  void begin_synchronization(std::vector<wg::PeerUpdate> wanted, std::function<void(Result<Endpoints>)> first, Synchronized last) {
    backlog.clear();
    synchronization = {};
    endpoints.clear();
    first_slice_in = std::move(first);
    backlog_done = std::move(last);
    auto device = backend.get(interface);
    if (!device) return end_synchronization(std::unexpected(std::move(device).error()));
    endpoints = endpoints_of(*device);
    if (const auto most = backend.max_peers()) synchronization.left_out = leave_out(device->peers, *most, wanted);
    for (wg::PeerUpdate& update : device_difference(device->peers, wanted)) backlog.push_back(std::move(update));
    synchronization.corrected = backlog.size();
    expected.set(wanted);
    if (backlog.empty()) return end_synchronization({});
    // So that whoever waits for the first slice does not wait for the jobs that came meanwhile.
    apply_next_slice();
  }

  void apply_next_slice() {
    wg::DeviceUpdate update;
    const auto end = backlog.begin() + static_cast<std::ptrdiff_t>(std::min(backlog.size(), kSlice));
    update.peers.assign(std::make_move_iterator(backlog.begin()), std::make_move_iterator(end));
    backlog.erase(backlog.begin(), end);
    if (auto applied = give_device(update); !applied) return end_synchronization(std::move(applied));
    complete(first_slice_in, Result<Endpoints>(std::exchange(endpoints, {})));
    if (backlog.empty()) end_synchronization({});
  }

  void end_synchronization(Result<void> outcome) {
    backlog.clear();
    complete(first_slice_in,
             outcome ? Result<Endpoints>(std::exchange(endpoints, {})) : Result<Endpoints>(std::unexpected(outcome.error())));
    complete(backlog_done,
             outcome ? Result<Synchronization>(synchronization) : Result<Synchronization>(std::unexpected(std::move(outcome).error())));
  }

  // One too many would make WireGuard drop the others with it. A synchronization finds out who fits.
  Result<void> check_room(std::span<const wg::PeerUpdate> updates) const {
    const auto most = backend.max_peers();
    const auto count = expected.size_after(updates);
    if (!most || !count || *count <= *most) return {};
    return fail(ErrorKind::kSystem, fmt::format("{} takes at most {} peers", interface.str(), *most));
  }

  // The loop knows only what the last look has shown, and a peer may have come since.
  Result<void> leave_working_endpoints_alone(std::vector<wg::PeerUpdate>& updates) {
    if (std::ranges::none_of(updates, is_endpoint_only)) return {};
    TRY(const wg::Device device, backend.get(interface));
    leave_working_endpoints(device.peers, updates);
    return {};
  }

  void supersede(const std::unordered_set<wg::PublicKey>& keys) {
    if (backlog.empty()) return;
    std::erase_if(backlog, [&keys](const wg::PeerUpdate& update) { return keys.contains(update.public_key); });
    if (backlog.empty()) end_synchronization({});
  }

  Result<void> apply_in_slices(std::vector<wg::PeerUpdate> updates) {
    TRY_VOID(check_room(updates));
    TRY_VOID(leave_working_endpoints_alone(updates));
    expected.change(updates);
    for (std::size_t begin = 0; begin < updates.size() && !is_late(); begin += kSlice) {
      wg::DeviceUpdate update;
      const std::size_t end = std::min(updates.size(), begin + kSlice);
      update.peers.assign(std::make_move_iterator(updates.begin() + static_cast<std::ptrdiff_t>(begin)),
                          std::make_move_iterator(updates.begin() + static_cast<std::ptrdiff_t>(end)));
      TRY_VOID(give_device(update));
    }
    return {};
  }

  // Without the endpoint at which the old key was seen: with one, WireGuard would begin a handshake at once, as the peer does, too, and of
  // two that cross wireguard-go can make sessions that don't work for 15 s. The peer's first packet says where it is.
  Result<void> exchange_key(const wg::PublicKey& old_key, std::optional<wg::PeerUpdate> peer) {
    wg::DeviceUpdate update;
    update.peers.push_back({.public_key = old_key, .remove = true});
    if (peer) {
      peer->replace_allowed_ips = true;
      update.peers.push_back(std::move(*peer));
    }
    expected.change(update.peers);
    return give_device(update);
  }

  Result<Look> look() {
    TRY(const wg::Device device, backend.get(interface));
    // Before the last slice the device is not yet what it is to be.
    return Look{.endpoints = endpoints_of(device),
                .public_key = device.public_key,
                .listen_port = device.listen_port,
                .has_expected_peers = !backlog.empty() || expected.are(device.peers)};
  }

  static Endpoints endpoints_of(const wg::Device& device) {
    Endpoints endpoints;
    for (const wg::Peer& peer : device.peers)
      if (peer.endpoint) endpoints.emplace_back(peer.public_key, *peer.endpoint);
    return endpoints;
  }

  wg::Backend& backend;
  const InterfaceName interface;
  const Post post;
  std::deque<wg::PeerUpdate> backlog;
  Synchronization synchronization;
  Endpoints endpoints;  // that the device had, until somebody is told
  std::function<void(Result<Endpoints>)> first_slice_in;
  Synchronized backlog_done;
  ExpectedPeers expected;

  // Between the threads.
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> jobs;
  bool stopping = false;
  std::atomic<Steady::rep> leave_at = Steady::time_point::max().time_since_epoch().count();  // see leave_after()

  std::thread thread;  // last: it uses all of the above
};

DeviceWorker::DeviceWorker(wg::Backend& backend, InterfaceName interface, Post post)
    : impl_(std::make_unique<Impl>(backend, std::move(interface), std::move(post))) {}

DeviceWorker::~DeviceWorker() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    // What is left of a synchronization belongs to the worker; it sees `stopping` once no job is left.
  }
  impl_->changed.notify_one();
  impl_->thread.join();
}

void DeviceWorker::leave_after(std::chrono::milliseconds patience) {
  impl_->leave_at = (Steady::now() + patience).time_since_epoch().count();
}

void DeviceWorker::synchronize(std::vector<wg::PeerUpdate> wanted, std::function<void(Result<Endpoints>)> first_slice_in,
                               Synchronized done) {
  impl_->give([impl = impl_.get(), wanted = std::move(wanted), first = std::move(first_slice_in), last = std::move(done)]() mutable {
    impl->begin_synchronization(std::move(wanted), std::move(first), std::move(last));
  });
}

void DeviceWorker::apply(std::vector<wg::PeerUpdate> updates, Done done) {
  impl_->give([impl = impl_.get(), updates = std::move(updates), done = std::move(done)]() mutable {
    std::unordered_set<wg::PublicKey> keys;
    for (const wg::PeerUpdate& update : updates) keys.insert(update.public_key);
    impl->supersede(keys);
    impl->complete(done, impl->apply_in_slices(std::move(updates)));
  });
}

void DeviceWorker::change_key(const wg::PublicKey& old_key, std::optional<wg::PeerUpdate> peer, Done done) {
  impl_->give([impl = impl_.get(), old_key, peer = std::move(peer), done = std::move(done)]() mutable {
    std::unordered_set<wg::PublicKey> keys{old_key};
    if (peer) keys.insert(peer->public_key);
    impl->supersede(keys);
    impl->complete(done, impl->exchange_key(old_key, std::move(peer)));
  });
}

void DeviceWorker::look(std::function<void(Result<Look>)> done) {
  impl_->give([impl = impl_.get(), done = std::move(done)]() mutable { impl->complete(done, impl->look()); });
}

void DeviceWorker::run(std::function<Result<void>()> job, Done done) {
  impl_->give([impl = impl_.get(), job = std::move(job), done = std::move(done)]() mutable { impl->complete(done, job()); });
}

}  // namespace innernet::server
