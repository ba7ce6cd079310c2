#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fake_backend.hpp"
#include "http/raw_client.hpp"
#include "innernet/base/file.hpp"
#include "innernet/config/config.hpp"
#include "innernet/json/json.hpp"
#include "innernet/server/registry.hpp"
#include "innernet/server/serve.hpp"
#include "innernet/testing/temp_dir.hpp"

// For tests of this room.
namespace innernet::server::testing {

using namespace std::chrono_literals;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Looks until it is so. Only a test that fails looks for long.
inline bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

constexpr CidrId kPeople{3};
constexpr PeerId kInvited{3};
constexpr const char* kAliceIp = "127.66.1.1";
constexpr const char* kInvitedIp = "127.66.1.2";

/// A network on loopback: each peer is an address of 127.0.0.0/8, the device is in memory.
class ServeTest : public ::testing::Test {
 protected:
  ServeTest() {
    options_.folders = {folder_ / "etc", folder_ / "var"};
    std::filesystem::create_directory(options_.folders.config);
    std::filesystem::create_directory(options_.folders.data);
    options_.hosts.path = folder_ / "hosts";
    options_.bind_to_device = false;
    options_.listen = SocketAddress{must(IpAddress::parse("127.0.0.1")), 0};
    options_.periods = {.endpoints = 50ms,
                        .invitations = 50ms,
                        .hosts = 50ms,
                        .hosts_after_change = 5ms,
                        .checkpoint_after_commit = 50ms,
                        .check_everything = 50ms,
                        .repair = 20ms,
                        .patience_at_stop = 5s};
    const ServerConfig config{
        .private_key = server_key_, .listen_port = 51820, .address = must(IpAddress::parse("127.66.0.1")), .network_cidr_prefix = 16};
    must(create_file(options_.folders.config_file(name_), config.to_toml().reveal()));
    const auto database = options_.folders.database(name_);
    must(Registry::create(database, {.name = "evilcorp",
                                     .cidr = must(IpNet::parse("127.66.0.0/16")),
                                     .server_ip = config.address,
                                     .server_key = server_key_.public_key(),
                                     .external_endpoint = must(Endpoint::parse("192.0.2.1:51820"))}));
    auto registry = must(Registry::open(database));
    must(registry.write([this](Registry::Writer& writer) -> Result<void> {
      must(writer.add_cidr({"people", must(IpNet::parse("127.66.1.0/24")), kRootCidr}));
      must(writer.add_peer(contents("alice", kAliceIp, alice_key_, true)));
      must(writer.add_peer(contents("invited", kInvitedIp, invitation_key_, false)));
      return {};
    }));
    must(registry.close());
  }
  ~ServeTest() override { stop(); }

  static PeerContents contents(std::string_view name, std::string_view ip, const wg::PublicKey& key, bool is_redeemed) {
    return {{.name = must(Hostname::parse(name)),
             .ip = must(IpAddress::parse(ip)),
             .cidr_id = kPeople,
             .public_key = key,
             .is_admin = name == "alice",
             .is_redeemed = is_redeemed},
            {}};
  }

  ServeSystem system() {
    return {.backend = backend_,
            .clock = clock_,
            .bring_up = [this](wg::Backend& backend, const InterfaceName& name, const IpNet&, const wg::DeviceUpdate& update,
                               const NetworkOptions&) -> Result<void> {
              if (!backend.get(name)) {
                TRY_VOID(backend.create(name));
                ++link_index_;
              }
              ++times_brought_up_;
              return backend.apply(name, update);
            },
            .link_state = [this](const InterfaceName& name, const IpAddress&) -> Result<LinkState> {
              if (!backend_.get_quietly(name)) return LinkState{};
              return LinkState{.index = link_index_, .is_whole = is_whole_};
            },
            .local_addresses = [](const std::vector<InterfaceName>&) -> Result<std::vector<IpAddress>> {
              return std::vector{must(IpAddress::parse("192.0.2.77"))};
            },
            .probe_udp_port = probe_,
            .drop_privileges =
                [this](const std::vector<std::filesystem::path>& files) {
                  files_after_drop_ = files;
                  brought_up_before_drop_ = times_brought_up_;
                },
            .start_relay = start_relay_,
            .listening =
                [this](const SocketAddress& address) {
                  const std::lock_guard lock(mutex_);
                  ports_.push_back(address.port);
                  listens_.notify_all();
                }};
  }

  void start() {
    thread_ = std::thread([this] {
      result_ = serve(name_, options_, system());
      ended_ = true;
      listens_.notify_all();
    });
    port_ = next_port();
  }
  std::uint16_t next_port() {
    std::unique_lock lock(mutex_);
    if (!listens_.wait_for(lock, 20s, [this] { return !ports_.empty() || ended_; }) || ports_.empty())
      throw std::runtime_error("does not listen: " + (result_ ? "ended" : result_.error().message()));
    const std::uint16_t port = ports_.front();
    ports_.pop_front();
    return port;
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void stop() {
    if (!thread_.joinable()) return;
    if (!ended_) ::kill(::getpid(), SIGTERM);
    join();
    EXPECT_TRUE(result_) << result_.error().message();
    ended_ = false;
  }

  std::string request(std::string_view method, std::string_view target, std::string_view fields = {},
                      std::optional<std::string_view> body = {}) const {
    std::string out =
        fmt::format("{} {} HTTP/1.1\r\nX-Innernet-Server-Key: {}\r\n{}", method, target, server_key_.public_key().to_base64(), fields);
    if (body)
      out += fmt::format("Content-Length: {}\r\n\r\n{}", body->size(), *body);
    else
      out += "\r\n";
    return out;
  }
  std::string ask(const char* source, std::string_view method, std::string_view target, std::optional<std::string_view> body = {}) {
    RawClient client(port_, source);
    client.send(request(method, target, {}, body));
    return client.read_answer();
  }
  bool on_device(const wg::PublicKey& key) { return backend_.peer(name_, key).has_value(); }
  void write(const std::function<Result<void>(Registry::Writer&)>& change) {
    auto registry = must(Registry::open(options_.folders.database(name_)));
    must(registry.write(change));
    must(registry.close());
  }
  void configure_port(std::uint16_t port) {
    const ServerConfig config{
        .private_key = server_key_, .listen_port = port, .address = must(IpAddress::parse("127.66.0.1")), .network_cidr_prefix = 16};
    must(replace_file(options_.folders.config_file(name_), config.to_toml().reveal()));
    ::kill(::getpid(), SIGHUP);
  }
  std::string hosts() { return read_file(options_.hosts.path).value_or(""); }

  const InterfaceName name_ = must(InterfaceName::parse("evilcorp"));
  const wg::PrivateKey server_key_ = wg::PrivateKey::generate();
  const wg::PublicKey alice_key_ = wg::PrivateKey::generate().public_key();
  const wg::PublicKey invitation_key_ = wg::PrivateKey::generate().public_key();
  const wg::PublicKey permanent_key_ = wg::PrivateKey::generate().public_key();
  innernet::testing::TempDir folder_;
  ServeOptions options_;
  SystemClock clock_;
  FakeBackend backend_;
  std::atomic<int> link_index_ = 0;
  std::atomic<bool> is_whole_ = true;
  std::atomic<int> times_brought_up_ = 0;
  std::vector<std::filesystem::path> files_after_drop_;
  int brought_up_before_drop_ = -1;
  std::function<Result<void>(std::uint16_t)> probe_ = [](std::uint16_t) { return Result<void>(); };
  decltype(ServeSystem::start_relay) start_relay_;
  std::mutex mutex_;
  std::condition_variable listens_;
  std::deque<std::uint16_t> ports_;
  std::thread thread_;
  Result<ServeEnd> result_;
  std::atomic<bool> ended_ = false;
  std::uint16_t port_ = 0;
};

}  // namespace innernet::server::testing
