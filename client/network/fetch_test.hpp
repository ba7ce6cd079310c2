#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "fake_machine.hpp"
#include "fetch_round.hpp"
#include "innernet/base/file.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/testing/loopback_server.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "sample_network.hpp"

namespace innernet::client::testing {

/// Rounds of the network `evilcorp` on a fake machine, with a real HTTP server that says what the test wants.
struct FetchTest : ::testing::Test {
  innernet::testing::TempDir folder;
  FakeMachine fake;
  wg::PrivateKey own_key = wg::PrivateKey::generate();
  wg::PublicKey server_key = new_key();
  ClientOptions options;
  std::mutex mutex;
  State state;
  std::string capabilities = "{}";
  int put_status = 204;
  std::function<std::optional<Reply>(const Request&)> special;
  LoopbackServer server{[this](const Request& request) { return reply(request); }};

  FetchTest() {
    options.folders = {folder / "etc", folder / "var"};
    std::filesystem::create_directory(options.folders.config);
    std::filesystem::create_directory(options.folders.data);  // fetch_once() and the daemon make it with the lock
    options.hosts.path = folder / "hosts";
    state.peers = {peer(1, "innernet-server", "10.66.0.1", server_key), peer(2, "me", "10.66.1.2", own_key.public_key()),
                   peer(3, "bob", "10.66.1.3", new_key())};
    state.peers[2].endpoint = endpoint("192.0.2.3:7");
    write(config());
  }
  InterfaceConfig config() const { return config_of(own_key, server_key, {server_ip(), server.address().port}); }
  // The API is on loopback, the tunnel address of the server is what the state says.
  static IpAddress server_ip() { return ip("127.0.0.1"); }
  void write(const InterfaceConfig& config) const { ASSERT_TRUE(write_config(options.folders, evilcorp(), config)); }

  Reply reply(const Request& request) {
    const std::lock_guard lock(mutex);
    if (special)
      if (auto answer = special(request)) return *answer;
    if (request.target == "/v1/user/capabilities") return answer(200, capabilities);
    if (request.target == "/v1/user/candidates") return answer(put_status);
    const std::string body = to_json(state);
    const std::string etag = fmt::format("\"{}\"", std::hash<std::string>()(body));
    if (request.has("If-None-Match: " + etag)) return answer(304, {}, "ETag: " + etag + "\r\n");
    return answer(200, body, "ETag: " + etag + "\r\n");
  }

  Result<RoundResult> round(FetchMemory& memory, Caller caller) {
    Machine machine = fake.machine();
    return fetch_round(options, evilcorp(), machine, memory, caller);
  }
  Result<RoundResult> round(Caller caller = Caller::kUp) {
    FetchMemory memory;
    return round(memory, caller);
  }
  wg::Device device() { return *fake.backend.get(evilcorp()); }
  std::string hosts() const { return read_file(options.hosts.path).value_or(""); }
};

}  // namespace innernet::client::testing
