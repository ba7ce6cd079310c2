#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "event_loop.hpp"
#include "innernet/base/clock.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "turns.hpp"

namespace innernet::server {

/// The API's sockets: a listener and its connections. Each connection reads a request, waits for its turn, writes the answer, and again.
class HttpServer {
 public:
  struct Limits {
    std::size_t connections = 16'384;        ///< of which some are kept free for whoever comes: idle and waiting ones end early for that
    std::chrono::milliseconds head{10'000};  ///< from its first byte; a body has as long
    std::chrono::milliseconds idle{75'000};
    std::chrono::milliseconds no_progress{30'000};  ///< of a client that does not read its answer
    std::chrono::milliseconds linger{2'000};        ///< for the other side's end of a connection that we end
    std::chrono::milliseconds acknowledgement{5'000};
    std::chrono::milliseconds sweep{500};  ///< how exactly these times are kept
  };
  /// Told when an answer with a key change has been acknowledged, or will never be.
  using KeyChangeDue = std::function<void(const KeyChange&)>;

  HttpServer(EventLoop& loop, Turns& turns, const Clock& clock, const Limits& limits, KeyChangeDue key_change_due);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// Listens, on this interface alone if there is one (binding to an address alone does not bind to its interface). Returns the address
  /// with the port that port 0 became.
  Result<SocketAddress> listen(const SocketAddress& address, const std::optional<InterfaceName>& device);
  /// Closes the listener and all connections at once: they belong to a link that is gone.
  void close();
  /// Stops listening, lets answers in flight finish, answers waiting polls without news, then closes; after `patience` in any case.
  void stop(std::chrono::milliseconds patience, std::function<void()> done);

  /// The time has come to run the turns, soon.
  void wake();

  std::size_t connections() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Raises this process's limit of descriptors as far as it may and as `wanted` connections need. Returns how many connections there may be.
std::size_t make_room_for_connections(std::size_t wanted);
/// How many of them one source address may have, so that it takes many to fill them.
std::size_t connections_of_one_source(std::size_t connections);
/// How many connections a limit of descriptors allows: with all of them taken, neither the database nor the device could be opened.
std::size_t connections_with(std::size_t descriptors, std::size_t wanted);

}  // namespace innernet::server
