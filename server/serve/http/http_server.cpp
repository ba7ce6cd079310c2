#include "http_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <unordered_set>
#include <vector>

#include "http/connection.hpp"
#include "http/giving_way.hpp"
#include "innernet/machine/log.hpp"
#include "linux/listening_socket.hpp"

namespace innernet::server {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kShareOfPass = 128U << 10;  // some 50 µs of copying

IpAddress to_ip(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::v4(address.to_v4().to_bytes());
  return IpAddress::v6(address.to_v6().to_bytes());
}

}  // namespace

struct HttpServer::Impl final : Connection::Owner, std::enable_shared_from_this<HttpServer::Impl> {
  Impl(EventLoop& loop_in, Turns& turns_in, const Clock& clock_in, const Limits& limits_in, KeyChangeDue due)
      : loop(loop_in),
        turns_of(turns_in),
        clock(clock_in),
        limits_of(limits_in),
        shares_of(kShareOfPass, [this](Shares::Step step) { after_pass(std::move(step)); }),
        announce_key_change(std::move(due)),
        acceptor(loop.context()),
        turn_timer(loop),
        sweep_timer(loop),
        accept_timer(loop),
        acknowledgement_timer(loop),
        patience_timer(loop) {}

  void accept();
  void take(tcp::socket socket, const IpAddress& source);
  void make_room_for(const IpAddress& source);
  void sweep();
  void run_turn();
  void close_all();
  const Limits& limits() const override { return limits_of; }
  Turns& turns() override { return turns_of; }
  bool is_stopping() const override { return stopping; }
  std::string_view date() override;
  std::uint64_t next_number() override { return ++last_number; }
  Shares& shares() override { return shares_of; }
  void key_change_due(const KeyChange& change) override { announce_key_change(change); }
  void watch_acknowledgement(std::shared_ptr<Connection> connection, const KeyChange& change) override;
  void closed(const std::shared_ptr<Connection>& connection) override;

  void check_acknowledgements();
  void finish_if_quiet();
  void after_pass(std::function<void()> step);

  struct Unacknowledged {
    std::shared_ptr<Connection> connection;
    KeyChange change;
    Steady::time_point until;
  };

  EventLoop& loop;
  Turns& turns_of;
  const Clock& clock;
  const Limits limits_of;
  Shares shares_of;
  const KeyChangeDue announce_key_change;
  tcp::acceptor acceptor;
  Timer turn_timer;
  Timer sweep_timer;
  Timer accept_timer;
  Timer acknowledgement_timer;
  Timer patience_timer;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::size_t giving_way = 0;  // of these
  std::uint64_t last_number = 0;
  SeldomTold crowded, full, too_many;
  std::vector<Unacknowledged> unacknowledged;
  std::function<void()> stopped;
  bool is_turn = false;  // it runs just now
  bool stopping = false;
  bool warned_of_accepting = false;  // that it fails; it is tried ten times a second
  bool destroyed = false;            // what is still queued in the loop must not touch the turns any more
  WallTime date_of{};
  std::string date_text;
};

// In two steps, so that Asio looks at the sockets between them.
void HttpServer::Impl::after_pass(std::function<void()> step) {
  asio::post(loop.context(), [impl = shared_from_this(), step = std::move(step)]() mutable {
    asio::post(impl->loop.context(), [impl, step = std::move(step)] {
      if (!impl->destroyed) step();
    });
  });
}

void HttpServer::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](const boost::system::error_code& failure, tcp::socket socket) {
    if (self->destroyed || failure == asio::error::operation_aborted || !self->acceptor.is_open()) return;
    if (failure) {
      // No descriptors or no memory: those who are there finish first.
      if (!std::exchange(self->warned_of_accepting, true)) log::warning("accepting a connection: {}; trying on", failure.message());
      self->accept_timer.start(100ms, [impl = self.get()] {
        if (impl->acceptor.is_open()) impl->accept();
      });
      return;
    }
    self->warned_of_accepting = false;
    boost::system::error_code gone;
    const auto remote = socket.remote_endpoint(gone);
    if (!gone) self->take(std::move(socket), to_ip(remote.address()));
    self->accept();
  });
}

void HttpServer::Impl::take(tcp::socket socket, const IpAddress& source) {
  make_room_for(source);
  if (connections.size() >= limits_of.connections) {
    if (full.is_time(clock.boot())) log::warning("all {} connections are taken, so new ones are refused", limits_of.connections);
    return;
  }
  boost::system::error_code gone;
  socket.non_blocking(true, gone);
  socket.set_option(tcp::no_delay(true), gone);
  const auto connection = std::make_shared<Connection>(*this, std::move(socket));
  if (!turns_of.enter(*connection, source)) {
    if (too_many.is_time(clock.boot()))
      log::warning("{} has {} connections, and one address may have no more: new ones are refused", source.to_string(),
                   turns_of.connections_of(source));
    return;
  }
  connections.insert(connection);
  connection->start(source);
}

// Not one for each that comes: to choose takes a look at all.
void HttpServer::Impl::make_room_for(const IpAddress& source) {
  const std::size_t reserve = std::max<std::size_t>(limits_of.connections / 64, 1);
  const auto free = [&] { return limits_of.connections - std::min(limits_of.connections, connections.size() - giving_way); };
  if (free() > reserve) return;
  std::vector<std::shared_ptr<Connection>> candidates;
  std::vector<Occupant> occupants;
  for (const auto& connection : connections) {
    if (connection->gives_way()) continue;
    candidates.push_back(connection);
    occupants.push_back(connection->occupant());
  }
  const std::size_t taken = connections.size();
  const auto chosen = who_gives_way(occupants, 2 * reserve - free(), turns_of.connections_of(source));
  for (const std::size_t i : chosen) {
    ++giving_way;
    candidates[i]->give_way();
  }
  if (!chosen.empty() && crowded.is_time(clock.boot()))
    log::warning(
        "{} of {} connections are taken: idle ones are closed, and those that wait longest for news are told early that there is none",
        taken, limits_of.connections);
}

void HttpServer::Impl::sweep() {
  sweep_timer.start(limits_of.sweep, [this] { sweep(); });
  const auto now = coarse_now();
  std::vector<std::shared_ptr<Connection>> late;
  for (const auto& connection : connections)
    if (connection->deadline() <= now) late.push_back(connection);
  for (const auto& connection : late)
    if (!connection->is_closed()) connection->on_deadline();
}

void HttpServer::Impl::run_turn() {
  if (destroyed) return;
  is_turn = true;
  turns_of.run();
  is_turn = false;
  if (const auto next = turns_of.next_deadline())
    turn_timer.start(std::max<BootClock::duration>(*next - clock.boot(), 0ns), [this] { run_turn(); });
}

void HttpServer::Impl::close_all() {
  boost::system::error_code ignored;
  acceptor.close(ignored);
  accept_timer.cancel();
  const auto all = connections;
  for (const auto& connection : all) connection->close();
  check_acknowledgements();
}

void HttpServer::Impl::watch_acknowledgement(std::shared_ptr<Connection> connection, const KeyChange& change) {
  unacknowledged.push_back({std::move(connection), change, Steady::now() + limits_of.acknowledgement});
  if (!acknowledgement_timer.is_running()) acknowledgement_timer.start(2ms, [this] { check_acknowledgements(); });
}

void HttpServer::Impl::check_acknowledgements() {
  const auto now = Steady::now();
  for (std::size_t i = 0; i < unacknowledged.size();) {
    if (!unacknowledged[i].connection->is_acknowledged() && now < unacknowledged[i].until) {
      ++i;
      continue;
    }
    const KeyChange change = unacknowledged[i].change;
    unacknowledged.erase(unacknowledged.begin() + static_cast<std::ptrdiff_t>(i));
    announce_key_change(change);
  }
  if (unacknowledged.empty())
    finish_if_quiet();
  else
    acknowledgement_timer.start(2ms, [this] { check_acknowledgements(); });
}

void HttpServer::Impl::closed(const std::shared_ptr<Connection>& connection) {
  connections.erase(connection);
  if (connection->gives_way()) --giving_way;
  finish_if_quiet();
}

void HttpServer::Impl::finish_if_quiet() {
  if (!stopping || !stopped || !connections.empty() || !unacknowledged.empty()) return;
  patience_timer.cancel();
  loop.post(std::exchange(stopped, nullptr));
}

std::string_view HttpServer::Impl::date() {
  const auto second = std::chrono::floor<std::chrono::seconds>(clock.wall());
  if (date_text.empty() || second != date_of) {
    date_of = second;
    date_text = http_date(second);
  }
  return date_text;
}

HttpServer::HttpServer(EventLoop& loop, Turns& turns, const Clock& clock, const Limits& limits, KeyChangeDue key_change_due)
    : impl_(std::make_shared<Impl>(loop, turns, clock, limits, std::move(key_change_due))) {
  impl_->sweep();
}

HttpServer::~HttpServer() {
  impl_->stopped = nullptr;
  impl_->close_all();
  impl_->turn_timer.cancel();
  impl_->sweep_timer.cancel();
  impl_->acknowledgement_timer.cancel();
  impl_->patience_timer.cancel();
  impl_->destroyed = true;
}

Result<SocketAddress> HttpServer::listen(const SocketAddress& address, const std::optional<InterfaceName>& device) {
  TRY(UniqueFd fd, open_listening_socket(address, device));
  boost::system::error_code failure;
  if (impl_->acceptor.is_open()) impl_->acceptor.close(failure);
  impl_->acceptor.assign(address.ip.is_v4() ? tcp::v4() : tcp::v6(), fd.get(), failure);
  if (failure) return fail(ErrorKind::kSystem, fmt::format("listening on TCP {}: {}", address.to_string(), failure.message()));
  fd.release();
  const auto bound = impl_->acceptor.local_endpoint(failure);
  if (failure) return fail(ErrorKind::kSystem, fmt::format("listening on TCP {}: {}", address.to_string(), failure.message()));
  impl_->accept();
  return SocketAddress{address.ip, bound.port()};
}

void HttpServer::close() { impl_->close_all(); }

void HttpServer::stop(std::chrono::milliseconds patience, std::function<void()> done) {
  impl_->stopping = true;
  impl_->stopped = std::move(done);
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->accept_timer.cancel();
  impl_->turns_of.stop_waiting();
  const auto all = impl_->connections;
  for (const auto& connection : all) connection->close_if_idle();
  impl_->patience_timer.start(patience, [impl = impl_.get()] {
    impl->close_all();
    for (auto& left : std::exchange(impl->unacknowledged, {})) impl->key_change_due(left.change);
    impl->finish_if_quiet();
  });
  impl_->finish_if_quiet();
}

void HttpServer::wake() {
  const auto run = [impl = impl_] { impl->run_turn(); };
  if (!impl_->is_turn) return asio::post(impl_->loop.context(), run);
  // One turn follows the other: who has asked meanwhile is read first.
  impl_->after_pass(run);
}

std::size_t HttpServer::connections() const { return impl_->connections.size(); }

}  // namespace innernet::server
