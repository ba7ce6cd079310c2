// A network that is used for DAYS (30), on a clock that jumps from minute to minute: the coordinator on a database, and one client's rounds
// on a machine in memory, which ask it over loopback. Peers come, go, move and poll; invitations are redeemed and expire; another process
// writes into the database; the server is restarted, killed and away; the client is restarted, and its interface taken away; the wall clock
// is set. Printed is what a day leaves behind. Nothing of it may grow but with the network; and each hour what both sides have on device
// and in hosts file must be what the database says.
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "fake_machine.hpp"
#include "fetch_round.hpp"
#include "innernet/base/file.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/json/json.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/testing/loopback_server.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace {

using namespace innernet;
using namespace std::chrono_literals;
using client::testing::FakeMachine;
using client::testing::LoopbackServer;
using client::testing::Reply;
using server::Coordinator;
using server::Registry;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

constexpr int kPeers = 150;
constexpr CidrId kHumans{3}, kRobots{4};

struct Sample {
  std::size_t peers = 0;
  std::size_t requests = 0;
  std::size_t heap = 0;                                                                      ///< bytes in use
  std::size_t resident = 0;                                                                  ///< bytes
  std::size_t descriptors = 0;                                                               ///< open
  std::uintmax_t database = 0, log = 0, server_hosts = 0, client_hosts = 0, data_store = 0;  ///< bytes
};

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}
std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}
std::uintmax_t size_of(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  return ignored ? 0 : size;
}

class Soak {
 public:
  Soak() {
    client_options_.folders = {folder_ / "etc", folder_ / "var"};
    std::filesystem::create_directory(client_options_.folders.config);
    std::filesystem::create_directory(client_options_.folders.data);
    client_options_.hosts.path = folder_ / "hosts";
    fake_.addresses = {must(IpAddress::parse("192.0.2.50"))};
    make_network();
    open_server();
    must(client::write_config(client_options_.folders, name_,
                              {.network_name = "evilcorp",
                               .address = must(IpNet::parse("10.42.1.1/16")),
                               .private_key = alice_key_,
                               .listen_port = {},
                               .server_public_key = server_key_,
                               .server_external_endpoint = must(Endpoint::parse("203.0.113.1:51820")),
                               .server_internal_endpoint = api_.address(),
                               .peer_endpoint_overrides = {}}));
  }

  Sample day() {
    requests_ = 0;
    for (int minute = 0; minute < 24 * 60; ++minute, ++minutes_) {
      fake_.wait.clock_.advance(1min);
      set_clock();
      disturb_server();
      disturb_client();
      if (!is_away_) use();
      client_round();
      if (minutes_ % 60 == 59) compare();
    }
    if (std::exchange(is_away_, false)) open_server();
    client_round();  // so that there is a connection
    return sample();
  }

 private:
  bool once_in(int minutes) { return std::uniform_int_distribution<int>(1, minutes)(random_) == 1; }
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }
  wg::PublicKey new_key() {
    std::array<std::uint8_t, wg::kKeySize> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return wg::PublicKey::from_bytes(bytes);
  }
  IpAddress address_of(int n) const { return must(IpNet::parse("10.42.2.0/23")).address().plus(static_cast<std::uint64_t>(n)).value(); }

  void make_network() {
    must(Registry::create(database_, {"evilcorp", must(IpNet::parse("10.42.0.0/16")), must(IpAddress::parse("10.42.0.1")), server_key_,
                                      must(Endpoint::parse("203.0.113.1:51820"))}));
    auto registry = must(Registry::open(database_));
    must(registry.write([this](Registry::Writer& writer) -> Result<void> {
      must(writer.add_cidr({"humans", must(IpNet::parse("10.42.1.0/24")), kRootCidr}));
      must(writer.add_cidr({"robots", must(IpNet::parse("10.42.2.0/23")), kRootCidr}));
      must(writer.add_association({kHumans, kRobots}));
      auto alice = contents("alice", must(IpAddress::parse("10.42.1.1")), kHumans, alice_key_.public_key());
      alice.is_admin = true;
      must(writer.add_peer(alice));
      for (int n = 1; n <= kPeers; ++n) must(writer.add_peer(contents(fmt::format("robot-{}", n), address_of(n), kRobots, new_key())));
      return {};
    }));
    must(registry.close());
  }
  static PeerContents contents(const std::string& name, const IpAddress& ip, CidrId cidr, const wg::PublicKey& key) {
    return {{.name = must(Hostname::parse(name)), .ip = ip, .cidr_id = cidr, .public_key = key, .is_redeemed = true},
            {.persistent_keepalive_interval = kPersistentKeepalive}};
  }

  // --- the server ---

  void open_server() {
    const std::lock_guard lock(mutex_);
    Coordinator::Options options;
    options.server_key = server_key_;
    options.clock = &fake_.wait.clock();
    options.epoch = random_();
    coordinator_.emplace(must(Coordinator::open(database_, options)));
    resynchronize();
  }
  void resynchronize() {
    device_.clear();
    for (const auto& peer : coordinator_->device_peers()) device_.insert(peer.public_key);
  }

  // A turn of one request, and what follows from it.
  server::Response ask(server::Request request) {
    ++requests_;
    request.server_key = server_key_.to_base64();
    if (!request.body.empty()) request.body_kind = server::Request::Body::kWhole;
    must(coordinator_->begin_turn());
    auto outcome = coordinator_->answer(request);
    must(coordinator_->end_turn());
    auto response = std::get<server::Response>(std::move(outcome));
    carry_out();
    if (response.key_change) {
      device_.erase(response.key_change->old_key);
      device_.insert(response.key_change->new_key);
    }
    return response;
  }
  void carry_out() {
    const auto effects = coordinator_->take_effects();
    if (effects.device_resync) resynchronize();
    for (const auto& peer : effects.device) {
      if (peer.remove)
        device_.erase(peer.public_key);
      else
        device_.insert(peer.public_key);
    }
    if (effects.hosts) are_hosts_due_ = true;
    if (effects.committed) is_checkpoint_due_ = true;
  }
  void write_server_hosts() {
    if (!std::exchange(are_hosts_due_, false)) return;
    HostsOptions options;
    options.path = server_hosts_;
    must(hostsfile::update(server_hosts_, "evilcorp", coordinator_->hosts_entries(options, "evilcorp")));
  }

  Reply reply(const client::testing::Request& asked) {
    const std::lock_guard lock(mutex_);
    if (is_away_) return {.bytes = "", .then = Reply::Then::kClose};
    server::Request request;
    request.method = asked.method;
    request.target = asked.target;
    request.source = must(IpAddress::parse("10.42.1.1"));
    request.body = asked.body;
    request.accepts_delta = asked.has("A-IM: innernet");
    if (const auto at = asked.head.find("If-None-Match: "); at != std::string::npos)
      request.if_none_match = asked.head.substr(at + 15, asked.head.find('\r', at) - at - 15);
    const auto response = ask(std::move(request));
    std::string fields = response.etag.empty() ? "" : fmt::format("ETag: {}\r\n", response.etag);
    if (response.is_delta) fields += "IM: innernet\r\n";
    return client::testing::answer(static_cast<int>(response.status), response.body ? *response.body : std::string_view(), fields);
  }

  void disturb_server() {
    if (is_away_) {
      if (--away_for_ > 0) return;
      open_server();
      is_away_ = false;
      return;
    }
    if (once_in(12 * 60)) {  // away for up to two hours, closed in peace or killed
      const std::lock_guard lock(mutex_);
      if (once_in(2)) must(coordinator_->close());
      coordinator_.reset();
      is_away_ = true;
      away_for_ = 1 + below(120);
    }
  }

  // --- what people and peers do in a minute ---

  void use() {
    const std::lock_guard lock(mutex_);
    must(coordinator_->begin_turn());
    must(coordinator_->end_turn());
    must(coordinator_->delete_expired_invitations());
    move_about();
    for (int i = 0; i < 10; ++i) poll();
    if (once_in(5)) report_candidates();
    if (once_in(30)) invite();
    if (once_in(20)) change_a_peer();
    if (once_in(120)) change_a_cidr();
    if (once_in(60)) write_from_outside();
    carry_out();
    write_server_hosts();
    if (std::exchange(is_checkpoint_due_, false)) must(coordinator_->checkpoint());
  }

  const Peer& any_robot() {
    for (;;) {
      const auto& peers = coordinator_->network().peers();
      const Peer& peer = std::next(peers.begin(), static_cast<std::ptrdiff_t>(below(peers.size())))->second.peer;
      if (peer.cidr_id == kRobots) return peer;
    }
  }
  void move_about() {
    std::vector<std::pair<wg::PublicKey, SocketAddress>> seen;
    for (int i = 0; i < 3; ++i)
      seen.emplace_back(any_robot().public_key, SocketAddress{must(IpAddress::parse(fmt::format("198.51.100.{}", 1 + below(250)))),
                                                              static_cast<std::uint16_t>(1024 + below(60'000))});
    coordinator_->set_seen_endpoints(seen);
  }
  void poll() {
    const Peer& peer = any_robot();
    if (peer.is_disabled || !peer.is_redeemed) return;
    const auto ip = peer.ip;
    const auto response = ask({.method = "GET",
                               .target = "/v1/user/state",
                               .source = ip,
                               .server_key = {},
                               .if_none_match = etags_[ip],
                               .wait = {},
                               .accepts_delta = true,
                               .body = {}});
    require(response.status == 200 || response.status == 226 || response.status == 304,
            fmt::format("a poll is answered {}", response.status));
    etags_[ip] = response.etag;
  }
  void report_candidates() {
    const Peer& peer = any_robot();
    if (peer.is_disabled || !peer.is_redeemed) return;
    ask({.method = "PUT",
         .target = "/v1/user/candidates",
         .source = peer.ip,
         .server_key = {},
         .if_none_match = {},
         .wait = {},
         .body = fmt::format(R"(["192.168.1.{}:51820"])", 1 + below(250))});
  }
  server::Response admin(std::string method, std::string target, std::string body) {
    return ask({.method = std::move(method),
                .target = std::move(target),
                .source = must(IpAddress::parse("10.42.1.1")),
                .server_key = {},
                .if_none_match = {},
                .wait = {},
                .body = std::move(body)});
  }
  // Most invitations expire, or nobody could say what grows.
  void invite() {
    const int n = 200 + static_cast<int>(below(300));
    auto peer = contents(fmt::format("guest-{}", n), address_of(n), kRobots, new_key());
    peer.is_redeemed = false;
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(fake_.wait.clock_.wall().time_since_epoch()).count();
    peer.invite_expires = UnixTime{static_cast<std::uint64_t>(now) + 600 + below(86'400), 0};
    const auto made = admin("POST", "/v1/admin/peers", to_json(static_cast<const PeerContents&>(peer)));
    if (made.status != 201) return;  // the name is there
    if (!once_in(48)) return;        // some one a day
    const auto redeemed = ask({.method = "POST",
                               .target = "/v1/user/redeem",
                               .source = peer.ip,
                               .server_key = {},
                               .if_none_match = {},
                               .wait = {},
                               .body = redeem_to_json(new_key())});
    require(redeemed.status == 204, fmt::format("redeeming is answered {}", redeemed.status));
  }
  void change_a_peer() {
    Peer peer = any_robot();
    if (!peer.is_redeemed) return;
    const auto target = fmt::format("/v1/admin/peers/{}", number(peer.id));
    if (once_in(3)) {
      peer.is_disabled = !peer.is_disabled;
    } else if (once_in(2)) {
      peer.name = must(Hostname::parse(fmt::format("robot-{}-{}", number(peer.id), below(1000))));
    } else {
      peer.endpoint = once_in(2) ? std::nullopt : std::optional(must(Endpoint::parse(fmt::format("203.0.113.9:{}", 1024 + below(60'000)))));
    }
    const auto changed = admin("PUT", target, to_json(static_cast<const PeerContents&>(peer)));
    require(changed.status == 204, fmt::format("a change is answered {}: {}", changed.status, changed.body ? *changed.body : ""));
  }
  void change_a_cidr() {
    const auto made = admin("POST", "/v1/admin/cidrs", R"({"name":"lab","cidr":"10.42.8.0/24","parent":1})");
    if (made.status == 201) return;
    for (const Cidr& cidr : coordinator_->network().cidrs())
      if (cidr.name == "lab") {
        const auto id = number(cidr.id);
        admin("DELETE", fmt::format("/v1/admin/cidrs/{}", id), "");
        return;
      }
  }
  void write_from_outside() {
    auto other = must(Registry::open(database_));
    must(other.write([this](Registry::Writer& writer) -> Result<void> {
      static_cast<void>(must(writer.rename_cidr(kRobots, fmt::format("robots-{}", below(10)))));
      return {};
    }));
  }

  // --- the client ---

  void disturb_client() {
    if (once_in(11 * 60)) memory_.emplace();
    if (once_in(17 * 60)) static_cast<void>(fake_.backend.remove(name_));
  }
  // Set back and forth, as by somebody or by NTP; the time since boot goes on.
  void set_clock() {
    if (!once_in(24 * 60)) return;
    const auto hours = std::chrono::hours(static_cast<int>(below(5)) - 2);
    fake_.wait.clock_.set_wall(fake_.wait.clock_.wall() + hours);
  }
  void client_round() {
    auto machine = fake_.machine();
    const auto result = client::fetch_round(client_options_, name_, machine, *memory_, client::Caller::kDaemon);
    if (!result) throw std::runtime_error("a round: " + result.error().message());
    require(result->server_answered == !is_away_, "the server is there, and is not asked");
    fake_.backend.updates.clear();
    api_.forget_requests();
  }

  // --- what has to be so ---

  void compare() {
    if (is_away_) return;
    client_round();
    const std::lock_guard lock(mutex_);
    carry_out();
    write_server_hosts();
    std::set<wg::PublicKey> expected;
    for (const auto& peer : coordinator_->device_peers()) expected.insert(peer.public_key);
    require(device_ == expected, "the server's device has other peers than the database");

    std::set<wg::PublicKey> visible{server_key_};
    std::set<std::string> names{"innernet-server.evilcorp.wg", "alice.evilcorp.wg"};
    for (const auto& [id, record] : coordinator_->network().peers()) {
      const Peer& peer = record.peer;
      if (peer.cidr_id != kRobots || peer.is_disabled || !peer.is_redeemed) continue;
      visible.insert(peer.public_key);
      names.insert(peer.name.str() + ".evilcorp.wg");
    }
    std::set<wg::PublicKey> has;
    for (const auto& peer : must(fake_.backend.get(name_)).peers) has.insert(peer.public_key);
    require(has == visible, fmt::format("the client has {} peers, not the {} that it may see", has.size(), visible.size()));
    for (const auto& path : {client_options_.hosts.path, server_hosts_}) {
      std::set<std::string> found;
      std::ifstream hosts(path);
      for (std::string line; std::getline(hosts, line);)
        if (!line.empty() && line.front() != '#') found.insert(line.substr(line.find(' ') + 1));
      require(found == names, path.string() + " has other names than the database");
    }
  }

  Sample sample() {
    const std::lock_guard lock(mutex_);
    return {.peers = coordinator_->network().peers().size(),
            .requests = requests_,
            .heap = ::mallinfo2().uordblks,
            .resident = resident_bytes(),
            .descriptors = open_descriptors(),
            .database = size_of(database_),
            .log = size_of(database_.string() + "-wal"),
            .server_hosts = size_of(server_hosts_),
            .client_hosts = size_of(client_options_.hosts.path),
            .data_store = size_of(client_options_.folders.data_store(name_))};
  }

  std::mt19937_64 random_{1};
  const innernet::testing::TempDir folder_;
  const std::filesystem::path database_ = folder_ / "evilcorp.db";
  const std::filesystem::path server_hosts_ = folder_ / "server-hosts";
  const InterfaceName name_ = must(InterfaceName::parse("evilcorp"));
  const wg::PrivateKey alice_key_ = wg::PrivateKey::generate();
  const wg::PublicKey server_key_ = wg::PrivateKey::generate().public_key();
  FakeMachine fake_;
  client::ClientOptions client_options_;
  std::optional<client::FetchMemory> memory_{std::in_place};

  std::mutex mutex_;  // the client's requests come from a thread of the server's
  std::optional<Coordinator> coordinator_;
  std::set<wg::PublicKey> device_;
  std::map<IpAddress, std::string> etags_;
  bool are_hosts_due_ = true;
  bool is_checkpoint_due_ = false;
  bool is_away_ = false;
  std::size_t away_for_ = 0;  // minutes
  int minutes_ = 0;
  std::size_t requests_ = 0;
  LoopbackServer api_{[this](const client::testing::Request& request) { return reply(request); }};
};

// What a day may have more than the first one: in proportion to its peers, and somewhat by chance.
void check_growth(const Sample& first, const Sample& now, int day) {
  const double network = static_cast<double>(now.peers) / static_cast<double>(first.peers);
  const auto check = [&](const char* what, std::uintmax_t then, std::uintmax_t is, double slack) {
    const double most = static_cast<double>(then) * std::max(network, 1.0) * 1.3 + slack;
    require(static_cast<double>(is) <= most, fmt::format("day {}: {} has grown from {} to {}", day, what, then, is));
  };
  require(now.descriptors <= first.descriptors + 2,
          fmt::format("day {}: {} descriptors, {} on the first", day, now.descriptors, first.descriptors));
  check("the heap", first.heap, now.heap, 512 << 10);
  check("the database", first.database, now.database, 64 << 10);
  check("the database's log", first.log, now.log, 256 << 10);
  check("the server's hosts file", first.server_hosts, now.server_hosts, 1 << 10);
  check("the client's hosts file", first.client_hosts, now.client_hosts, 1 << 10);
  check("the data store", first.data_store, now.data_store, 8 << 10);
}

}  // namespace

int main(int argc, char** argv) {
  const int days = argc > 1 ? std::stoi(argv[1]) : 30;
  // What is synced goes to memory.
  if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  log::set_level(log::Level::kError);
  try {
    Soak soak;
    std::optional<Sample> first;
    fmt::print(
        " day  peers  requests   heap KiB  resident KiB  descriptors  database KiB  log KiB  hosts of server, client KiB  data store "
        "KiB\n");
    for (int day = 1; day <= days; ++day) {
      const Sample now = soak.day();
      fmt::print("{:4} {:6} {:9} {:10} {:13} {:12} {:13} {:8} {:17} {:9} {:15}\n", day, now.peers, now.requests, now.heap >> 10,
                 now.resident >> 10, now.descriptors, now.database >> 10, now.log >> 10, now.server_hosts >> 10, now.client_hosts >> 10,
                 now.data_store >> 10);
      if (!first) first = now;
      check_growth(*first, now, day);
    }
  } catch (const std::exception& failure) {
    fmt::print(stderr, "broken: {}\n", failure.what());
    return 1;
  }
  return 0;
}
