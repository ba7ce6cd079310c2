// relay_host PAIRS: a relay for the peers of relay_load, of which those of a pair may reach each other. Its limits are so high that nothing
// is dropped; they are looked at all the same. Prints its port and key; ends with its input, and then prints what it has counted.
#include <fmt/format.h>

#include <poll.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "innernet/relay/relay.hpp"
#include "linux/udp_socket.hpp"
#include "test_peer.hpp"

namespace innernet::relay {
namespace {

Limits generous() {
  const Rate all{.packets = 1e9, .bytes = 1e12};
  return {.source = all,
          .pair = all,
          .relay = all,
          .own_handshakes_per_second = 1e6,
          .initiations_per_source_per_second = 1e6,
          .mac1_tries_per_second = 1e9,
          .mac1_tries_per_member = 1e9};
}

Result<void> run(std::uint32_t pairs) {
  TRY(const auto relay, Relay::start(wg::PrivateKey::generate(), {.limits = generous()}));
  std::vector<Member> members;
  std::vector<GroupPair> may;
  for (std::uint32_t pair = 0; pair < pairs; ++pair) {
    for (const std::uint32_t number : {2 * pair, 2 * pair + 1}) members.push_back({.key = TestPeer(number).key(), .group = pair});
    may.emplace_back(pair, pair);
  }
  relay->set_membership(std::make_shared<const Membership>(std::move(members), std::move(may)));
  fmt::print("{} {}\n", relay->port(), relay->public_key().to_base64());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  const auto snapshot = relay->snapshot();
  if (!snapshot) return {};
  const Counters& counters = snapshot->counters;
  fmt::print("received {} passed_on {} registered {} flows {} no_flow {} over_limit {} not_sent {}\n", counters.received,
             counters.passed_on, snapshot->members.size(), snapshot->flows, counters.no_flow, counters.over_limit, counters.not_sent);
  return {};
}

Result<void> run_bare(std::uint16_t from, const SocketAddress& to, std::uint16_t count) {
  TRY(auto socket, UdpSocket::open(0));
  fmt::print("{}\n", socket.port());
  std::fflush(stdout);
  std::array<pollfd, 2> waiting{pollfd{.fd = socket.fd(), .events = POLLIN, .revents = 0}, pollfd{.fd = 0, .events = POLLIN, .revents = 0}};
  while (::poll(waiting.data(), waiting.size(), -1) > 0 && waiting[1].revents == 0) {
    socket.receive([&](const SocketAddress& source, const IpAddress&, std::span<const std::uint8_t> bytes) {
      const auto number = static_cast<std::uint16_t>(source.port - from);
      if (number < count) socket.send({.ip = to.ip, .port = static_cast<std::uint16_t>(to.port + number)}, IpAddress(), bytes);
    });
    socket.flush();
  }
  return {};
}

Result<void> run_as_told(int argc, char** argv) {
  const auto number = [&](int at) { return static_cast<std::uint32_t>(std::atoi(argv[at])); };
  if (argc == 2) return run(number(1));
  TRY(const auto to, SocketAddress::parse(argv[3]));
  return run_bare(static_cast<std::uint16_t>(number(2)), to, static_cast<std::uint16_t>(number(4)));
}

}  // namespace
}  // namespace innernet::relay

int main(int argc, char** argv) {
  if (argc != 2 && (argc != 5 || std::string_view(argv[1]) != "bare")) {
    fmt::print(stderr, "usage: relay_host PAIRS | bare FROM TO COUNT\n");
    return 2;
  }
  if (const auto ran = innernet::relay::run_as_told(argc, argv); !ran) {
    fmt::print(stderr, "relay_host: {}\n", ran.error().message());
    return 1;
  }
  return 0;
}
