// Figures of the model alone: how long until a change is visible, how many candidate reports are written a second, what a large network
// takes in memory. Arguments: PEERS CIDRS.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>

#include "db/sqlite/connection.hpp"
#include "innernet/json/json.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace {

using namespace innernet;
using namespace innernet::server;
using Timer = std::chrono::steady_clock;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

double milliseconds_since(Timer::time_point start) { return std::chrono::duration<double, std::milli>(Timer::now() - start).count(); }

/// Of this process: what a loaded machine does not spoil.
double cpu_milliseconds() { return static_cast<double>(std::clock()) * 1000.0 / CLOCKS_PER_SEC; }

long resident_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6)) / 1024;
  return 0;
}

wg::PublicKey random_key(std::mt19937_64& random) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return wg::PublicKey::from_bytes(bytes);
}

Response ask(Coordinator& coordinator, const Request& request) {
  must(coordinator.begin_turn());
  auto outcome = coordinator.answer(request);
  must(coordinator.end_turn());
  static_cast<void>(coordinator.take_effects());
  return std::get<Response>(std::move(outcome));
}

void make(const std::filesystem::path& path, const wg::PublicKey& server_key, unsigned peers, unsigned cidrs) {
  std::mt19937_64 random(1);
  must(Registry::create(path, {"bench", must(IpNet::parse("10.0.0.0/8")), must(IpAddress::parse("10.0.0.1")), server_key,
                               must(Endpoint::parse("192.0.2.1:51820"))}));
  auto registry = must(Registry::open(path));
  must(registry.write([&](Registry::Writer& writer) -> Result<void> {
    // Everybody sees everybody: the halves are associated, and those who ask are in the root.
    std::vector<Cidr> all;
    for (unsigned n = 0; n < cidrs; ++n)
      all.push_back(must(writer.add_cidr(
          {fmt::format("cidr{}", n), must(IpNet::parse(fmt::format("10.{}.{}.0/22", 1 + n / 64, n % 64 * 4))), kRootCidr})));
    for (unsigned n = 0; n < peers; ++n) {
      const Cidr& cidr = all[n % cidrs];
      PeerContents contents{{.name = must(Hostname::parse(fmt::format("peer-{}", n))),
                             .ip = cidr.cidr.address().plus(1 + n / cidrs).value(),
                             .cidr_id = cidr.id,
                             .public_key = random_key(random),
                             .is_redeemed = true},
                            {.candidates = {must(Endpoint::parse("192.168.1.20:51820")), must(Endpoint::parse("10.0.0.9:51820"))}}};
      must(writer.add_peer(contents));
    }
    PeerContents watcher{{.name = must(Hostname::parse("watcher")),
                          .ip = must(IpAddress::parse("10.255.0.1")),
                          .cidr_id = kRootCidr,
                          .public_key = random_key(random),
                          .is_admin = true,
                          .is_redeemed = true},
                         {}};
    must(writer.add_peer(watcher));
    return {};
  }));
  must(registry.close());
}

// Whether another process has written, which each turn asks: by the log's header, and as one would without it.
void measure_looks_at_the_database(const std::filesystem::path& path) {
  constexpr int kLooks = 100'000;
  auto connection = must(db::Connection::open(path, std::chrono::seconds(1)));
  auto version = must(connection.prepare("PRAGMA data_version"));
  must(version->run());
  const auto microseconds = [](const std::function<void()>& look) {
    const double start = cpu_milliseconds();
    for (int i = 0; i < kLooks; ++i) look();
    return (cpu_milliseconds() - start) * 1000 / kLooks;
  };
  const double by_header = microseconds([&] {
    if (!connection.log_header()) throw std::runtime_error("the log's header is not there");
  });
  const double by_version = microseconds([&] { must(version->run()); });
  fmt::print("has another process written: {:.2f} us by the log's header, {:.2f} us by PRAGMA data_version\n", by_header, by_version);
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned peers = argc > 1 ? static_cast<unsigned>(std::stoul(argv[1])) : 10'000;
  const unsigned cidrs = argc > 2 ? static_cast<unsigned>(std::stoul(argv[2])) : 200;
  const innernet::testing::TempDir folder;
  const auto path = folder / "bench.db";
  std::mt19937_64 random(2);
  const wg::PublicKey server_key = random_key(random);
  if (argc > 3) {  // the file was made by another process, so that its making does not count as memory
    std::filesystem::copy_file(argv[3], path);
  } else {
    make(path, server_key, peers, cidrs);
  }
  const SystemClock clock;
  Coordinator::Options options;
  options.server_key = server_key;
  options.clock = &clock;
  options.write_period = std::chrono::milliseconds(0);
  auto start = Timer::now();
  auto coordinator = must(Coordinator::open(path, options));
  fmt::print("open: {:.0f} ms, {} MB\n", milliseconds_since(start), resident_megabytes());

  Request watch;
  watch.method = "GET";
  watch.target = "/v1/user/state";
  watch.source = must(IpAddress::parse("10.255.0.1"));
  watch.server_key = server_key.to_base64();
  start = Timer::now();
  std::size_t bytes = ask(coordinator, watch).body->size();
  fmt::print("first state: {:.1f} ms, {} bytes, {} MB\n", milliseconds_since(start), bytes, resident_megabytes());

  std::vector<IpAddress> addresses;
  for (const auto& [id, record] : coordinator.network().peers())
    if (id != kServerPeer) addresses.push_back(record.peer.ip);
  Request put = watch;
  put.method = "PUT";
  put.target = "/v1/user/candidates";
  put.body_kind = Request::Body::kWhole;
  const auto report = [&](unsigned n) {
    put.source = addresses[random() % addresses.size()];
    put.body = fmt::format(R"(["192.168.1.20:51820","10.0.{}.{}:51820"])", n / 200 % 200, n % 200);
  };
  double worst = 0;
  double sum = 0;
  double cpu = 0;
  constexpr int kRounds = 50;
  for (int i = 0; i < kRounds; ++i) {
    report(static_cast<unsigned>(i));
    start = Timer::now();
    static_cast<void>(ask(coordinator, put));
    const auto committed = milliseconds_since(start);
    start = Timer::now();
    const double cpu_start = cpu_milliseconds();
    bytes = ask(coordinator, watch).body->size();
    cpu += cpu_milliseconds() - cpu_start;
    const double visible = milliseconds_since(start);
    worst = std::max(worst, visible);
    sum += visible;
    if (i == 0) fmt::print("first write: {:.2f} ms\n", committed);
  }
  fmt::print("change visible: mean {:.2f} ms ({:.2f} of the processor), worst {:.2f} ms, {} MB\n", sum / kRounds, cpu / kRounds, worst,
             resident_megabytes());

  constexpr unsigned kReports = 20'000;
  constexpr unsigned kOfTurn = 64;
  start = Timer::now();
  const double cpu_before_reports = cpu_milliseconds();
  for (unsigned i = 0; i < kReports; i += kOfTurn) {
    must(coordinator.begin_turn());
    for (unsigned n = 0; n < kOfTurn; ++n) {
      report(i + n + 1000);
      static_cast<void>(coordinator.answer(put));
    }
    must(coordinator.end_turn());
  }
  fmt::print("candidates, {} in a turn: {:.0f}/s ({:.0f} per second of the processor); ", kOfTurn,
             kReports / milliseconds_since(start) * 1000, kReports / (cpu_milliseconds() - cpu_before_reports) * 1000);
  start = Timer::now();
  for (unsigned i = 0; i < 2000; ++i) {
    report(i + 50'000);
    static_cast<void>(ask(coordinator, put));
  }
  fmt::print("one in a turn: {:.0f}/s\n", 2000 / milliseconds_since(start) * 1000);
  measure_looks_at_the_database(path);
  if (argc > 4) std::filesystem::copy_file(path, argv[4]);
  return 0;
}
