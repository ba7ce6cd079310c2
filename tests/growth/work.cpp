// What grows with a network, for counting the instructions that it takes; tests/growth.sh runs it under callgrind, which counts within
// counted_work() alone.
//   growth_work prepare peers PEERS FOLDER   makes network.db and state.json of a network in which everybody sees everybody
//   growth_work prepare cidrs CIDRS FOLDER   makes network.db of a network of as many CIDRs, peers and associations
//   growth_work WORK FOLDER                  does one thing with them: see kWorks
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "innernet/base/file.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/difference.hpp"
#include "innernet/json/json.hpp"
#include "innernet/server/coordinator.hpp"

/// The one function in which callgrind counts, found by this name.
extern "C" [[gnu::noinline]] void counted_work(const std::function<void()>& work) { work(); }

namespace {

using namespace innernet;          // NOLINT(google-build-using-namespace): a program
using namespace innernet::client;  // NOLINT(google-build-using-namespace)
using namespace innernet::server;  // NOLINT(google-build-using-namespace)
using std::filesystem::path;

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "growth_work: {}\n", result.error().message());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

wg::PublicKey key(std::uint64_t number) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  // Spread over the bytes as in a real key: a hash may look at any of them.
  for (auto& byte : bytes) {
    number = number * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    byte = static_cast<std::uint8_t>(number >> 56);
  }
  return wg::PublicKey::from_bytes(bytes);
}

const wg::PublicKey kServerKey = key(0);
const char* const kAdmin = "10.255.0.1";
constexpr unsigned kCidrs = 100;

PeerContents peer(const std::string& name, const IpAddress& ip, CidrId cidr, std::uint64_t number) {
  return {{.name = must(Hostname::parse(name)), .ip = ip, .cidr_id = cidr, .public_key = key(number), .is_redeemed = true},
          {.endpoint = must(Endpoint::parse(fmt::format("198.51.{}.{}:51820", number / 256 % 256, number % 256))),
           .persistent_keepalive_interval = kPersistentKeepalive,
           .candidates = {must(Endpoint::parse("192.168.1.20:51820"))}}};
}

void make_database(const path& file, unsigned peers) {
  must(Registry::create(file, {"growth", must(IpNet::parse("10.0.0.0/8")), must(IpAddress::parse("10.0.0.1")), kServerKey,
                               must(Endpoint::parse("192.0.2.1:51820"))}));
  auto registry = must(Registry::open(file));
  must(registry.write([&](Registry::Writer& writer) -> Result<void> {
    for (unsigned c = 0; c < kCidrs; ++c) {
      const Cidr cidr =
          must(writer.add_cidr({fmt::format("cidr{}", c), must(IpNet::parse(fmt::format("10.{}.0.0/16", c + 1))), kRootCidr}));
      IpAddress ip = must(IpAddress::parse(fmt::format("10.{}.0.0", c + 1)));
      for (unsigned n = c; n < peers; n += kCidrs) {
        ip = *ip.plus(1);
        must(writer.add_peer(peer(fmt::format("peer{}", n), ip, cidr.id, n + 2)));
      }
    }
    auto admin = peer("admin", must(IpAddress::parse(kAdmin)), kRootCidr, 1);
    admin.is_admin = true;
    must(writer.add_peer(admin));
    return {};
  }));
  must(registry.close());
}

// One peer in each; each is associated with the next, and with one that all share.
void make_database_of_cidrs(const path& file, unsigned cidrs) {
  must(Registry::create(file, {"growth", must(IpNet::parse("10.0.0.0/8")), must(IpAddress::parse("10.0.0.1")), kServerKey,
                               must(Endpoint::parse("192.0.2.1:51820"))}));
  auto registry = must(Registry::open(file));
  must(registry.write([&](Registry::Writer& writer) -> Result<void> {
    const CidrId shared = must(writer.add_cidr({"shared", must(IpNet::parse("10.255.0.0/24")), kRootCidr})).id;
    auto admin = peer("admin", must(IpAddress::parse(kAdmin)), shared, 1);
    admin.is_admin = true;
    must(writer.add_peer(admin));
    std::optional<CidrId> last;
    IpAddress ip = must(IpAddress::parse("10.1.0.1"));
    for (unsigned n = 0; n < cidrs; ++n) {
      const Cidr cidr = must(writer.add_cidr({fmt::format("cidr{}", n), must(IpNet::make(ip, 28)), kRootCidr}));
      must(writer.add_peer(peer(fmt::format("peer{}", n), ip, cidr.id, n + 2)));
      must(writer.add_association({cidr.id, last.value_or(shared)}));
      if (last) must(writer.add_association({shared, cidr.id}));
      last = cidr.id;
      ip = *ip.plus(16);
    }
    return {};
  }));
  must(registry.close());
}

Coordinator open(const path& folder, const SystemClock& clock) {
  Coordinator::Options options;
  options.server_key = kServerKey;
  options.clock = &clock;
  return must(Coordinator::open(folder / "network.db", options));
}

Response ask(Coordinator& coordinator, const char* method, const char* target, std::string body = {}) {
  Request request;
  request.method = method;
  request.target = target;
  request.source = must(IpAddress::parse(kAdmin));
  request.server_key = kServerKey.to_base64();
  if (!body.empty()) request.body_kind = Request::Body::kWhole;
  request.body = std::move(body);
  must(coordinator.begin_turn());
  auto outcome = coordinator.answer(request);
  must(coordinator.end_turn());
  static_cast<void>(coordinator.take_effects());
  auto answer = std::get<Response>(std::move(outcome));
  if (answer.status >= 300) must<void>(fail(ErrorKind::kSystem, fmt::format("{} {} was answered {}", method, target, answer.status)));
  return answer;
}

State state_in(const path& folder) { return must(parse_state(must(read_file(folder / "state.json")), {})); }

void prepare_peers(unsigned peers, const path& folder) {
  make_database(folder / "network.db", peers);
  const SystemClock clock;
  auto coordinator = open(folder, clock);
  must(replace_file(folder / "state.json", *ask(coordinator, "GET", "/v1/user/state").body));
  must(coordinator.close());
}

void prepare_cidrs(unsigned cidrs, const path& folder) {
  make_database_of_cidrs(folder / "network.db", cidrs);
  const SystemClock clock;
  must(open(folder, clock).close());
}

// Behind a server that was stopped.
void start(const path& folder) {
  const SystemClock clock;
  counted_work([&] { open(folder, clock); });
}

// The first answer of all, for which each piece is made.
void write_state(const path& folder) {
  const SystemClock clock;
  auto coordinator = open(folder, clock);
  counted_work([&] { static_cast<void>(ask(coordinator, "GET", "/v1/user/state")); });
}

void add_peer(const path& folder) {
  const SystemClock clock;
  auto coordinator = open(folder, clock);
  static_cast<void>(ask(coordinator, "GET", "/v1/user/state"));
  const auto cidr = coordinator.network().find_cidr(std::string_view("cidr7"))->id;
  const std::string body = to_json(peer("late", must(IpAddress::parse("10.8.255.1")), cidr, 1'000'000'007));
  static_cast<void>(ask(coordinator, "PUT", "/v1/user/candidates", R"(["192.168.1.21:51820"])"));  // the first write does more
  counted_work([&] { static_cast<void>(ask(coordinator, "POST", "/v1/admin/peers", body)); });
}

std::optional<SocketAddress> literal(const Endpoint& endpoint) {
  const auto* ip = std::get_if<IpAddress>(&endpoint.host());
  if (ip == nullptr) return std::nullopt;
  return SocketAddress{*ip, endpoint.port()};
}

// One in a hundred is new, one has changed, one has gone.
void compare_device(const path& folder) {
  const State state = state_in(folder);
  wg::Device device{.name = must(InterfaceName::parse("growth"))};
  for (std::size_t n = 0; n < state.peers.size(); ++n) {
    const Peer& there = state.peers[n];
    if (n % 100 == 1) continue;
    device.peers.push_back({.public_key = n % 100 == 3 ? key(2'000'000'000 + n) : there.public_key,
                            .preshared_key = {},
                            .endpoint = literal(*there.endpoint),
                            .persistent_keepalive = static_cast<std::uint16_t>(n % 100 == 2 ? 7 : kPersistentKeepalive),
                            .allowed_ips = {IpNet::host(there.ip)},
                            .last_handshake = {}});
  }
  counted_work([&] {
    const auto found = difference({.device = device,
                                   .state = state,
                                   .cached = &state,
                                   .own_key = key(1),
                                   .server = {kServerKey, must(IpAddress::parse("10.0.0.1")), must(Endpoint::parse("192.0.2.1:51820"))},
                                   .network = must(IpNet::parse("10.0.0.0/8")),
                                   .overrides = {},
                                   .handshakes = {},
                                   .now = SystemClock().boot()},
                                  literal);
    if (found.changes.empty()) std::abort();
  });
}

// A store of another state is read, brought up to date and written.
void update_store(const path& folder) {
  const path file = folder / "store.json";
  State news = state_in(folder);
  State old = news;
  for (std::size_t n = 1; n < old.peers.size(); n += 100) old.peers[n].is_disabled = true;
  news.peers.erase(news.peers.begin() + 3);
  must(replace_file(file, data_store_to_json(old)));
  counted_work([&] {
    auto store = must(DataStore::load(file));
    must(store->update(std::move(news)));
    must(store->save());
  });
}

void read_state(const path& folder) {
  const std::string body = must(read_file(folder / "state.json"));
  counted_work([&] { must(parse_state(body, {})); });
}

void open_cidrs(const path& folder) {
  const SystemClock clock;
  counted_work([&] {
    auto coordinator = open(folder, clock);
    static_cast<void>(ask(coordinator, "GET", "/v1/user/state"));
  });
}

// Those who have everything already: the size of the answers is not what is counted.
void everybody_asks(Coordinator& coordinator) {
  must(coordinator.begin_turn());
  for (const auto& [id, record] : coordinator.network().peers()) {
    Request request;
    request.method = "GET";
    request.target = "/v1/user/state";
    request.source = record.peer.ip;
    request.server_key = kServerKey.to_base64();
    request.if_none_match = "*";
    if (std::get<Response>(coordinator.answer(request)).status != 304) std::abort();
  }
  must(coordinator.end_turn());
  static_cast<void>(coordinator.take_effects());
}

// Another process has changed the tree, and everybody asks again.
void foreign_cidr(const path& folder) {
  const SystemClock clock;
  auto coordinator = open(folder, clock);
  everybody_asks(coordinator);
  auto other = must(Registry::open(folder / "network.db"));
  must(other.write([&](Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.rename_cidr(other.network().find_cidr(std::string_view("cidr7"))->id, "late"));
    return {};
  }));
  counted_work([&] { everybody_asks(coordinator); });
}

// Everybody sees one CIDR more.
void associate_root(const path& folder) {
  const SystemClock clock;
  auto coordinator = open(folder, clock);
  static_cast<void>(ask(coordinator, "POST", "/v1/admin/cidrs", R"({"name":"late","cidr":"10.254.0.0/24","parent":1})"));
  const auto late = coordinator.network().find_cidr(std::string_view("late"))->id;
  everybody_asks(coordinator);
  counted_work([&] {
    static_cast<void>(ask(coordinator, "POST", "/v1/admin/associations", to_json(AssociationContents{kRootCidr, late})));
    everybody_asks(coordinator);
  });
}

// Beside all that there are.
void add_cidr(const path& folder) {
  const SystemClock clock;
  auto coordinator = open(folder, clock);
  static_cast<void>(ask(coordinator, "GET", "/v1/user/state"));
  counted_work([&] {
    static_cast<void>(ask(coordinator, "POST", "/v1/admin/cidrs", R"({"name":"late","cidr":"10.254.0.0/24","parent":1})"));
    const auto late = coordinator.network().find_cidr(std::string_view("late"))->id;
    const auto shared = coordinator.network().find_cidr(std::string_view("shared"))->id;
    static_cast<void>(ask(coordinator, "POST", "/v1/admin/associations", to_json(AssociationContents{late, shared})));
  });
}

struct NamedWork {
  std::string_view name;
  std::string_view over;  // what grows
  void (*run)(const path& folder);
};
constexpr std::array kWorks{NamedWork{"write-state", "peers", write_state},
                            NamedWork{"read-state", "peers", read_state},
                            NamedWork{"difference", "peers", compare_device},
                            NamedWork{"store", "peers", update_store},
                            NamedWork{"start", "peers", start},
                            NamedWork{"add-peer", "peers", add_peer},
                            NamedWork{"open-cidrs", "cidrs", open_cidrs},
                            NamedWork{"foreign-cidr", "cidrs", foreign_cidr},
                            NamedWork{"add-cidr", "cidrs", add_cidr},
                            NamedWork{"associate-root", "cidrs", associate_root}};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && argv[1] == std::string_view("prepare")) {
    const auto size = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
    if (argv[2] == std::string_view("cidrs"))
      prepare_cidrs(size, argv[4]);
    else
      prepare_peers(size, argv[4]);
    return 0;
  }
  if (argc == 2 && argv[1] == std::string_view("list")) {
    for (const auto& work : kWorks) fmt::print("{} {}\n", work.name, work.over);
    return 0;
  }
  for (const auto& work : kWorks)
    if (argc == 3 && argv[1] == work.name) {
      work.run(argv[2]);
      return 0;
    }
  fmt::print(stderr, "Usage: growth_work prepare peers|cidrs NUMBER FOLDER | list | WORK FOLDER\n");
  return 2;
}
