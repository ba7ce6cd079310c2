#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "innernet/base/file.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/json/json.hpp"
#include "innernet/testing/fake_clock.hpp"
#include "innernet/testing/scripted_asker.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "program.hpp"
#include "scripted_server.hpp"

namespace innernet::client {

/// What the machine's WireGuard holds in a test, and what was done to it.
struct FakeWireGuard {
  std::map<InterfaceName, wg::Device> devices;
  std::vector<std::string> done;
  std::optional<Error> refusal;    ///< of the next apply
  std::optional<Error> no_rights;  ///< of every get and remove
  std::string unreadable;          ///< the name of a device that can be listed, but not read
};

class FakeBackend final : public wg::Backend {
 public:
  explicit FakeBackend(FakeWireGuard& world) : world_(world) {}

  wg::BackendKind kind() const override { return wg::BackendKind::kKernel; }
  Result<std::vector<InterfaceName>> list() override {
    std::vector<InterfaceName> names;
    for (const auto& [name, device] : world_.devices) names.push_back(name);
    return names;
  }
  Result<wg::Device> get(const InterfaceName& name) override {
    if (world_.no_rights) return std::unexpected(*world_.no_rights);
    if (name.str() == world_.unreadable) return fail(ErrorKind::kSystem, "the device does not answer");
    const auto found = world_.devices.find(name);
    if (found == world_.devices.end()) return fail(ErrorKind::kNotFound, "no such interface");
    return found->second;
  }
  Result<void> create(const InterfaceName& name) override {
    world_.done.push_back("create " + name.str());
    return {};
  }
  Result<void> apply(const InterfaceName& name, const wg::DeviceUpdate& update) override {
    const auto found = world_.devices.find(name);
    if (found == world_.devices.end()) return fail(ErrorKind::kNotFound, "no such interface");
    if (world_.refusal) {
      const Error refusal = *std::exchange(world_.refusal, std::nullopt);
      found->second.listen_port = 0;  // as the kernel leaves it
      return std::unexpected(refusal);
    }
    if (update.listen_port) found->second.listen_port = *update.listen_port;
    if (update.listen_port) world_.done.push_back(fmt::format("{} port {}", name.str(), *update.listen_port));
    for (const wg::PeerUpdate& peer : update.peers)
      world_.done.push_back(fmt::format("{} {} endpoint {}{}", name.str(), peer.public_key.to_base64(),
                                        peer.endpoint ? peer.endpoint->to_string() : "-", peer.update_only ? "" : " may create"));
    return {};
  }
  Result<void> remove(const InterfaceName& name) override {
    if (world_.no_rights) return std::unexpected(*world_.no_rights);
    if (world_.devices.erase(name) == 0) return fail(ErrorKind::kNotFound, "no such interface");
    world_.done.push_back("remove " + name.str());
    return {};
  }

 private:
  FakeWireGuard& world_;
};

/// The network `evilcorp` of the recorded samples, its server on loopback, a fake WireGuard, and nobody at the terminal.
class Commands : public ::testing::Test {
 protected:
  Commands() {
    const std::filesystem::path samples = std::filesystem::path(INNERNET_TEST_DATA) / "ipv4";
    std::filesystem::create_directory(dir / "etc");
    std::filesystem::create_directory(dir / "var");
    state = *parse_data_store(*read_file(samples / "store-peer1.json"), [](std::string_view) {});
    config = *InterfaceConfig::read(samples / "client-peer1.conf");
    config->server_internal_endpoint = server.address();
    save();
    EXPECT_TRUE(replace_file(dir / "var/evilcorp.json", data_store_to_json(state)));
    device().private_key = config->private_key;
    device().public_key = config->private_key.public_key();
    device().listen_port = 40000;
    serve_lists();
  }

  static InterfaceName evilcorp() { return *InterfaceName::parse("evilcorp"); }

  wg::Device& device() {
    return world.devices
        .try_emplace(evilcorp(),
                     wg::Device{.name = evilcorp(), .private_key = {}, .public_key = {}, .listen_port = 0, .fwmark = 0, .peers = {}})
        .first->second;
  }

  void save() { EXPECT_TRUE(replace_file(dir / "etc/evilcorp.conf", config->to_toml().reveal())); }
  InterfaceConfig saved() { return *InterfaceConfig::read(dir / "etc/evilcorp.conf"); }

  template <class T>
  static std::string array(const std::vector<T>& values) {
    std::string out = "[";
    for (const T& value : values) {
      if (out.size() > 1) out += ',';
      append_json(out, value);
    }
    return out + "]";
  }
  void serve_lists() {
    server.answer("GET /v1/admin/peers", {.body = array(state.peers)});
    server.answer("GET /v1/admin/cidrs", {.body = array(state.cidrs)});
    server.answer("GET /v1/admin/associations", {.body = array(associations)});
  }

  struct Outcome {
    int code;  ///< as the process would exit
    std::string out;
    std::string error;  ///< of the command
    std::string log;
    std::vector<std::string> asked;
    std::vector<std::string> refused;  ///< why answers did not do
  };

  /// Runs a command line, words separated by single spaces.
  Outcome run_line(const std::string& line) {
    std::vector<std::string> words{"-c", (dir / "etc").string(), "--data-dir", (dir / "var").string()};
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    const std::vector<std::string_view> views(words.begin(), words.end());
    CommandLine program = command_line_of_innernet();
    const command_line::Parsed parsed = program.parse(views);
    if (parsed.command == nullptr) return {parsed.exit_code, {}, parsed.text, {}, {}, {}};

    ::testing::internal::CaptureStderr();
    const std::filesystem::path captured = dir / "stdout";
    const UniqueFd fd(::open(captured.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    Output out(fd.get());
    const Stop stop = *Stop::create();
    Outcome outcome{};
    Context context{
        {
            .general = program.general(),
            .clock = clock,
            .out = out,
            .asker = asker,
            .backend = [&](const InterfaceName&) { return std::make_unique<FakeBackend>(world); },
            .detect_public_ip = [&] { return public_ip; },
            .tell_unchanged = [] { log::info("not confirmed, nothing was changed"); },
        },
        stop,
        false,
        [&]() -> Result<std::vector<wg::FoundInterface>> {
          std::vector<wg::FoundInterface> found;
          for (const auto& [name, ignored] : world.devices) found.push_back({name, wg::BackendKind::kKernel});
          return found;
        },
        [&](const Endpoint& endpoint) -> std::optional<SocketAddress> {
          const auto* ip = std::get_if<IpAddress>(&endpoint.host());
          return ip != nullptr ? std::optional(SocketAddress{*ip, endpoint.port()}) : std::nullopt;
        },
        {},
        ping,
        {},
        true,
    };
    const auto ending = program.run(*parsed.command, context);
    const bool is_incomplete = ending && *ending == command_line::Ending::kIncomplete;
    outcome.code = ending && *ending == command_line::Ending::kDone ? 0 : is_incomplete ? command_line::kExitIncomplete : 1;
    if (!ending) outcome.error = ending.error().message();
    outcome.asked = std::exchange(asker.asked, {});
    outcome.refused = std::exchange(asker.refused, {});
    outcome.log = ::testing::internal::GetCapturedStderr();
    outcome.out = *read_file(captured);
    return outcome;
  }

  innernet::testing::TempDir dir;
  innernet::testing::FakeClock clock;
  ScriptedServer server;
  FakeWireGuard world;
  State state;
  std::vector<Association> associations{Association{{CidrId{3}, CidrId{4}}, AssociationId{1}}};
  std::optional<InterfaceConfig> config;
  innernet::testing::ScriptedAsker asker;
  std::optional<IpAddress> public_ip;
  std::function<RoundTrips(const InterfaceName&, std::span<const IpAddress>, std::chrono::milliseconds)> ping;
};

}  // namespace innernet::client
