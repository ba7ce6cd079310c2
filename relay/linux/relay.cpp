#include "innernet/relay/relay.hpp"

#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine.hpp"
#include "linux/udp_socket.hpp"

namespace innernet::relay {
namespace {

// The thread has socket and engine to itself; others leave word, and wake it.
class RelayThread final : public Relay {
 public:
  RelayThread(UdpSocket socket, UniqueFd wake, const wg::PrivateKey& key, const Limits& limits)
      : port_(socket.port()),
        public_key_(key.public_key()),
        wake_(std::move(wake)),
        socket_(std::move(socket)),
        engine_(key, limits, [](std::span<std::uint8_t> out) { randombytes_buf(out.data(), out.size()); }, clock_.boot()) {}

  ~RelayThread() override { end(); }

  Result<void> begin() {
    // Signals are for the program's other threads.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    Result<void> out;
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
      out = fail_errno(error.code().value(), "the relay: starting a thread");
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return out;
  }

  std::uint16_t port() const override { return port_; }
  wg::PublicKey public_key() const override { return public_key_; }

  void set_membership(std::shared_ptr<const Membership> membership) override {
    const std::lock_guard lock(mutex_);
    word_.membership = std::move(membership);
    wake();
  }

  std::optional<Snapshot> snapshot() const override {
    std::future<Snapshot> answer;
    {
      const std::lock_guard lock(mutex_);
      if (word_.stop) return std::nullopt;
      answer = word_.snapshots.emplace_back().get_future();
      wake();
    }
    return answer.get();
  }

  void stop() override { end(); }

 private:
  // What others have left.
  struct Word {
    std::shared_ptr<const Membership> membership;
    std::vector<std::promise<Snapshot>> snapshots;
    bool stop = false;
  };

  void wake() const {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then it is readable already.
    [[maybe_unused]] const ssize_t ignored = ::write(wake_.get(), &one, sizeof one);
  }

  void end() {
    {
      const std::lock_guard lock(mutex_);
      word_.stop = true;
      wake();
    }
    const std::lock_guard joining(joining_);
    if (thread_.joinable()) thread_.join();
    socket_.close();
  }

  void run() {
    std::array<pollfd, 2> waiting{pollfd{.fd = socket_.fd(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    bool goes_on = true;
    while (goes_on) {
      // Without a time-out: what is over is so by the time of the next packet, or of the next look.
      if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR, or no memory just now
      if (waiting[1].revents != 0) goes_on = do_as_told();
      if (waiting[0].revents != 0) relay_a_batch();
    }
  }

  // False: to end. Who asks for a snapshot before gets one.
  bool do_as_told() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t ignored = ::read(wake_.get(), &count, sizeof count);
    Word word;
    bool stop = false;
    {
      const std::lock_guard lock(mutex_);
      stop = word_.stop;
      word = std::exchange(word_, Word{.membership = nullptr, .snapshots = {}, .stop = stop});
    }
    const BootTime now = clock_.boot();
    if (word.membership) engine_.set_membership(std::move(word.membership), now);
    for (auto& promise : word.snapshots) promise.set_value(engine_.snapshot(now, clock_.wall()));
    return !stop;
  }

  void relay_a_batch() {
    const BootTime now = clock_.boot();
    socket_.receive([&](const SocketAddress& source, const IpAddress& local, ByteView bytes) {
      const auto out = engine_.on_packet(now, source, bytes, local);
      if (!out) return;
      const bool is_passed_on = out->bytes.data() == bytes.data();
      socket_.send(out->to, out->from, is_passed_on ? out->bytes : kept(out->bytes));
    });
    engine_.count_not_sent(socket_.flush());
    answers_.clear();
  }

  // The engine's own answers lie in one place, until its next packet.
  ByteView kept(ByteView answer) { return answers_.emplace_back(answer.begin(), answer.end()); }

  const std::uint16_t port_;
  const wg::PublicKey public_key_;
  const SystemClock clock_;
  UniqueFd wake_;

  // The thread's.
  UdpSocket socket_;
  Engine engine_;
  std::deque<std::vector<std::uint8_t>> answers_;

  mutable std::mutex mutex_;
  mutable Word word_;
  std::mutex joining_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Relay>> Relay::start(const wg::PrivateKey& key, const Options& options) {
  if (sodium_init() < 0) return fail(ErrorKind::kSystem, "the relay: no randomness from the system");
  TRY(auto socket, UdpSocket::open(options.port));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return fail_errno(errno, "the relay: making an eventfd");
  auto relay = std::make_unique<RelayThread>(std::move(socket), std::move(wake), key, options.limits);
  TRY_VOID(relay->begin());
  return relay;
}

}  // namespace innernet::relay
