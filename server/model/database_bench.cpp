// Both engines beside each other, in one run: how many changes are stored in a second, one at a time and 64 together, what an answer costs,
// and how long a start takes. SQLite on a file system in memory and a PostgreSQL server on this machine that syncs nothing, so that what
// is compared is the engines' own work and the way to them; a disk adds the same to both. Arguments: PEERS ROUNDS.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include "innernet/server/coordinator.hpp"
#include "testing/fixture.hpp"

namespace {

using namespace innernet;
using namespace innernet::server;
using namespace innernet::server::testing;
using Timer = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr unsigned kAskers = 64;
constexpr auto kEach = 2s;

double seconds_since(Timer::time_point start) { return std::chrono::duration<double>(Timer::now() - start).count(); }

struct Figures {
  std::vector<double> one, many, not_modified, whole, start;
};

class Bench {
 public:
  Bench(DatabaseLocation location, unsigned peers) : location_(std::move(location)), peers_(peers) {
    make_database(location_, {.v6 = true});
    auto registry = must(Registry::open(location_));
    must(registry.write([&](Registry::Writer& writer) -> Result<void> {
      for (unsigned n = 0; n < peers_; ++n) must(writer.add_peer(peer_contents(fmt::format("p{}", n), ip(n), kHumans, 1000 + n)));
      return {};
    }));
  }

  void measure(Figures& figures) {
    const SystemClock clock;
    const auto start = Timer::now();
    auto coordinator = opened(clock);
    figures.start.push_back(seconds_since(start));
    coordinator.start([this] { wakes_.add(); });
    figures.one.push_back(changes(coordinator, 1));
    figures.many.push_back(changes(coordinator, kAskers));
    figures.not_modified.push_back(reads(coordinator, true));
    figures.whole.push_back(reads(coordinator, false));
    must(coordinator.close());
  }

 private:
  static IpAddress ip(unsigned n) { return must(IpAddress::parse(fmt::format("fd42:0:0:0:1:0:{:x}:{:x}", 1 + n / 65536, n % 65536))); }

  // The session of the last round may not have ended yet in the database server's eyes.
  Coordinator opened(const Clock& clock) {
    Coordinator::Options options;
    options.server_key = key_of(1);
    options.clock = &clock;
    options.epoch = ++epoch_;
    options.write_period = 0ms;
    for (const auto end = Timer::now() + 10s;;) {
      auto coordinator = Coordinator::open(location_, options);
      if (coordinator || Timer::now() > end) return must(std::move(coordinator));
    }
  }

  Request request(unsigned n, std::string method, std::string target) {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.source = ip(n);
    request.server_key = key_of(1).to_base64();
    request.ticket = ++ticket_;
    return request;
  }

  /// Per second, `at_once` of them under way.
  double changes(Coordinator& coordinator, unsigned at_once) {
    const auto start = Timer::now();
    unsigned done = 0;
    std::vector<Request> asked;
    const auto ask_anew = [&](Request& one, unsigned n) {
      one = request(n, "PUT", "/v1/user/candidates");
      one.body_kind = Request::Body::kWhole;
      one.body = fmt::format(R"(["192.168.1.20:{}"])", 1 + ++port_ % 60'000);
    };
    asked.resize(at_once);
    for (unsigned n = 0; n < at_once; ++n) ask_anew(asked[n], n);
    while (Timer::now() - start < kEach) {
      must(coordinator.begin_turn());
      unsigned answered = 0;
      for (unsigned n = 0; n < at_once; ++n) {
        const auto outcome = coordinator.answer(asked[n]);
        const auto* const response = std::get_if<Response>(&outcome);
        if (response == nullptr) continue;
        if (response->status != 204) throw std::runtime_error(fmt::format("status {}", response->status));
        ++answered;
        ask_anew(asked[n], n);
      }
      must(coordinator.end_turn());
      static_cast<void>(coordinator.take_effects());
      done += answered;
      if (answered == 0) wakes_.wait();
    }
    return done / seconds_since(start);
  }

  /// Per second of the processor.
  double reads(Coordinator& coordinator, bool are_old) {
    std::string etag;
    unsigned done = 0;
    const auto start = Timer::now();
    const auto cpu = std::clock();
    while (Timer::now() - start < kEach) {
      auto one = request(done % kAskers, "GET", "/v1/user/state");
      if (are_old && !etag.empty()) one.if_none_match = etag;
      must(coordinator.begin_turn());
      const auto outcome = coordinator.answer(one);
      must(coordinator.end_turn());
      etag = std::get<Response>(outcome).etag;
      ++done;
    }
    return done / (static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  }

  DatabaseLocation location_;
  unsigned peers_;
  std::uint64_t epoch_ = 1, ticket_ = 0;
  unsigned port_ = 0;
  Wakes wakes_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned peers = argc > 1 ? static_cast<unsigned>(std::stoul(argv[1])) : 10'000;
  const unsigned rounds = argc > 2 ? static_cast<unsigned>(std::stoul(argv[2])) : 3;
  if (!PostgresqlCluster::is_installed()) {
    fmt::print("NOT RUN: PostgreSQL's server is not installed (Debian's package postgresql)\n");
    return 1;
  }
  const TempDir folder{TempDir::memory()};
  Bench sqlite(folder / "evilcorp.db", peers), postgresql(new_location(folder), peers);
  Figures of_sqlite, of_postgresql;
  for (unsigned n = 0; n < rounds; ++n) {
    sqlite.measure(of_sqlite);
    postgresql.measure(of_postgresql);
  }
  fmt::print("{:42} {:>12} {:>12} {:>8}   ({} peers, medians of {} rounds, in turn)\n", "", "SQLite", "PostgreSQL", "ratio", peers, rounds);
  const auto line = [](const char* what, const std::vector<double>& a, const std::vector<double>& b) {
    fmt::print("{:42} {:12.0f} {:12.0f} {:8.2f}\n", what, median(a), median(b), median(b) / median(a));
  };
  line("changes per second, one at a time", of_sqlite.one, of_postgresql.one);
  line("changes per second, 64 under way", of_sqlite.many, of_postgresql.many);
  line("polls with nothing new per CPU second", of_sqlite.not_modified, of_postgresql.not_modified);
  line("whole states per CPU second", of_sqlite.whole, of_postgresql.whole);
  for (auto* const figures : {&of_sqlite, &of_postgresql})
    for (double& start : figures->start) start *= 1000;
  line("start, ms", of_sqlite.start, of_postgresql.start);
  return 0;
}
