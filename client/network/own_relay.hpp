#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/client/rest_client.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/relay/relay.hpp"
#include "innernet/values/options.hpp"

namespace innernet::client {

/// The relay that this machine runs for a network whose administrators want one here (`set-relay`), in a thread of its own beside the
/// network's rounds: it runs the relay, tells the server where it is, and waits for news of who may be relayed to whom.
class OwnRelay {
 public:
  using Start = std::function<Result<std::unique_ptr<relay::Relay>>(const wg::PrivateKey&, const relay::Options&)>;

  /// While the server can't be asked the relay goes on with what it knows, as its members go on with each other. That ends some day.
  static constexpr std::chrono::hours kLongestAlone{7 * 24};

  struct Times {
    std::chrono::seconds wait{20};           ///< for news, which is the server's sign that we are there
    std::chrono::seconds wait_naming{10};    ///< the same, if the server is told who has come and gone before each request
    std::chrono::milliseconds between{200};  ///< two requests, at least
    std::chrono::milliseconds again{1'000};  ///< after a failure, doubling
    std::chrono::milliseconds longest_again{30'000};
  };

  /// Through `interface` the server is asked; only tests have none.
  OwnRelay(Folders folders, InterfaceName name, std::optional<InterfaceName> interface, Start start = relay::Relay::start)
      : OwnRelay(std::move(folders), std::move(name), std::move(interface), std::move(start), Times{}) {}
  OwnRelay(Folders folders, InterfaceName name, std::optional<InterfaceName> interface, Start start, const Times& times)
      : folders_(std::move(folders)), name_(std::move(name)), interface_(std::move(interface)), start_(std::move(start)), times_(times) {}
  OwnRelay(const OwnRelay&) = delete;
  OwnRelay& operator=(const OwnRelay&) = delete;
  ~OwnRelay() { end(); }

  /// What a round has seen: whether there is to be a relay, and on which port WireGuard itself is.
  void want(bool is_relay, const InterfaceConfig& config, std::uint16_t listen_port);

 private:
  void end();
  void run(const InterfaceConfig& config);
  /// On the port of last time, else as the server chooses its own.
  Result<void> place(const wg::PrivateKey& key);
  /// One request, and what follows from its answer.
  Result<void> keep_in_touch(RestClient& client);
  Answer<RelayGroupsAnswer> ask(RestClient& client);
  /// Who is registered here, if that is news to the server.
  Answer<void> name_registered(RestClient& client);
  void relay_nobody();
  void wait_until(BootTime time);
  void report(const Result<void>& outcome);

  const Folders folders_;
  const InterfaceName name_;
  const std::optional<InterfaceName> interface_;
  const Start start_;
  const Times times_;
  SystemClock clock_;
  std::atomic<std::uint16_t> listen_port_ = 0;
  std::optional<Stop> stop_;
  std::thread thread_;

  // The thread's.
  std::unique_ptr<relay::Relay> relay_;
  bool is_told_ = false;                             // the server, where it is
  bool names_registered_ = false;                    // the server wants to know
  std::optional<std::vector<wg::PublicKey>> named_;  // last; none: nobody knows what the server knows
  std::string etag_;
  std::optional<BootTime> heard_;  // from the server, last; none: nothing since the relay is empty
  std::string trouble_;            // that was logged
};

}  // namespace innernet::client
