#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "innernet/json/json.hpp"
#include "innernet/server/relays.hpp"
#include "testing/random_change.hpp"

// What the server answers from its ready-made pieces is what a plain walk over the database gives.

namespace innernet::server {
namespace {

using namespace testing;

struct Counts {
  int requests = 0, comparisons = 0, deltas = 0, not_modified = 0, waits = 0, foreign = 0, failed = 0, replaced = 0, restarts = 0,
      restored = 0, resumed = 0;
};

/// The other way: everything is read from the database, and each peer is looked at by the words of the rules.
class Plain {
 public:
  Plain(const std::filesystem::path& path, const Network& seen_by) : registry_(must(Registry::open(path))) {
    const auto cidrs = registry_.network().cidrs();
    for (const Cidr& cidr : cidrs) cidrs_.emplace(cidr.id, cidr);
    for (const auto& [id, record] : registry_.network().peers()) {
      const PeerRecord* const live = seen_by.find_peer(id);
      peers_.push_back({record.peer, live == nullptr ? std::nullopt : live->seen});
    }
  }

  const Network& network() const { return registry_.network(); }

  std::vector<const PeerRecord*> visible_to(const Peer& peer) const {
    std::set<CidrId> roots{peer.cidr_id, kServerCidr};
    const auto above = lineage(peer.cidr_id);
    const auto& associations = network().associations();
    for (const auto& [id, association] : associations) {
      if (above.contains(association.cidr_id_1)) roots.insert(association.cidr_id_2);
      if (above.contains(association.cidr_id_2)) roots.insert(association.cidr_id_1);
    }
    std::vector<const PeerRecord*> visible;
    for (const PeerRecord& record : peers_) {
      if (record.peer.is_disabled || !record.peer.is_redeemed) continue;
      const auto up = lineage(record.peer.cidr_id);
      if (std::ranges::any_of(up, [&](CidrId id) { return roots.contains(id); })) visible.push_back(&record);
    }
    std::ranges::sort(visible, {}, [](const PeerRecord* record) { return std::pair(record->peer.cidr_id, record->peer.id); });
    return visible;
  }
  std::string state_of(const Peer& peer) const {
    std::string json = R"({"peers":[)";
    for (const PeerRecord* const record : visible_to(peer)) append(json, Network::as_shown(*record));
    json += R"(],"cidrs":)" + cidrs();
    const std::string all = relays();
    return json + (all == "[]" ? "" : R"(,"relays":)" + all) + "}";
  }
  std::string peers() const {
    std::string json = "[";
    for (const PeerRecord& record : peers_) append(json, Network::as_shown(record));
    return json + "]";
  }
  std::string cidrs() const {
    std::string json = "[";
    for (const auto& [id, cidr] : cidrs_) append(json, cidr);
    return json + "]";
  }
  /// All have been heard of, for the server has just started.
  std::string relays() const {
    std::vector<Relay> all;
    for (const PeerRecord& record : peers_)
      if (const auto relay = relay_of(record)) all.push_back(*relay);
    return to_json(std::span<const Relay>(all));
  }
  std::string associations() const {
    std::string json = "[";
    const auto& associations = network().associations();
    for (const auto& [id, association] : associations) append(json, association);
    return json + "]";
  }

 private:
  template <class T>
  static void append(std::string& json, const T& one) {
    if (!json.ends_with('[')) json += ',';
    append_json(json, one);
  }
  std::set<CidrId> lineage(CidrId id) const {
    std::set<CidrId> up{id};
    for (auto parent = cidrs_.at(id).parent; parent; parent = cidrs_.at(*parent).parent) up.insert(*parent);
    return up;
  }

  Registry registry_;
  std::map<CidrId, Cidr> cidrs_;
  std::vector<PeerRecord> peers_;  // with where they were seen, which no database holds
};

/// What a client has, and the ETag of it.
struct Copy {
  std::string etag;
  std::map<std::int64_t, nlohmann::json> peers;
  nlohmann::json cidrs;

  void take(const Response& response) {
    etag = response.etag;
    if (response.status == 304) return;
    const auto json = nlohmann::json::parse(*response.body);
    if (!response.is_delta) peers.clear();
    for (const auto& gone : json.value("gone", nlohmann::json::array())) peers.erase(gone.get<std::int64_t>());
    for (const auto& peer : json.at("peers")) peers[peer.at("id").get<std::int64_t>()] = peer;
    if (json.contains("cidrs")) cidrs = json.at("cidrs");
  }
};

class TwoWays {
 public:
  TwoWays(unsigned seed, Counts& counts) : random_(seed), folder_(TempDir::memory()), path_(folder_ / "n.db"), counts_(counts) {
    make_database(path_, {});
    auto registry = must(Registry::open(path_));
    must(registry.write([&](Registry::Writer& writer) -> Result<void> {
      // Enough for several pieces of one CIDR in some.
      const CidrId crowd = must(writer.add_cidr({"crowd", *IpNet::parse("10.42.64.0/20"), kRootCidr})).id;
      IpAddress ip = *IpAddress::parse("10.42.64.0");
      for (unsigned n = seed % 10 == 0 ? 300 : seed % 10; n > 0; --n) {
        ip = *ip.plus(1);
        must(writer.add_peer(peer_contents(fmt::format("crowd{}", n), ip, crowd, 5000 + n)));
      }
      for (int n = 0; n < 60; ++n) static_cast<void>(random_change(random_, writer, registry.network()));
      return {};
    }));
    must(registry.close());
    // A commit of this endpoint fails.
    foreign(path_,
            "CREATE TABLE strict (id INTEGER REFERENCES cidrs(id) DEFERRABLE INITIALLY DEFERRED);"
            "CREATE TRIGGER break AFTER UPDATE ON peers WHEN NEW.endpoint = '6.6.6.6:6' BEGIN INSERT INTO strict VALUES (4711); END;");
    open();
  }

  void play(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE(fmt::format("step {}", step));
      switch (pick(13)) {
        case 0:
        case 1:
        case 2:
          write_from_outside();
          break;
        case 3:
          see();
          break;
        case 4:
          clock_.advance(std::chrono::milliseconds(pick(4) * 400));
          break;
        case 5:
          static_cast<void>(coordinator_->checkpoint());
          break;
        case 6:
          if (pick(8) == 0) replace();
          break;
        case 7:
          restart();
          break;
        default:
          write();
      }
      if (pick(2) == 0) compare();
    }
    compare();
  }

 private:
  unsigned pick(std::size_t n) { return static_cast<unsigned>(random_() % n); }

  void open() {
    coordinator_.reset();
    Coordinator::Options options;
    options.server_key = key_of(1);
    options.clock = &clock_;
    options.epoch = epoch_ = random_();
    options.answer_cache_bytes = std::array<std::size_t, 3>{0, 3000, 64U << 20}[pick(3)];
    coordinator_.emplace(must(Coordinator::open(path_, options)));
  }

  const Network& network() const { return coordinator_->network(); }
  const Peer& any_peer() { return std::next(network().peers().begin(), pick(network().peers().size()))->second.peer; }

  Request request(const IpAddress& from, std::string method, std::string target, std::string body = {}) const {
    Request made;
    made.source = from;
    made.server_key = key_of(1).to_base64();
    made.method = std::move(method);
    made.target = std::move(target);
    made.body = std::move(body);
    made.body_kind = Request::Body::kWhole;
    return made;
  }
  Coordinator::Outcome outcome(const Request& asked) {
    ++counts_.requests;
    must(coordinator_->begin_turn());
    auto result = coordinator_->answer(asked);
    must(coordinator_->end_turn());
    return result;
  }

  // --- steps ---

  void write_from_outside() {
    ++counts_.foreign;
    auto registry = must(Registry::open(path_));
    static_cast<void>(registry.write([&](Registry::Writer& writer) -> Result<void> {
      for (unsigned n = 1 + pick(3); n > 0; --n) static_cast<void>(random_change(random_, writer, registry.network()));
      return {};
    }));
  }

  void see() {
    std::vector<std::pair<wg::PublicKey, SocketAddress>> seen;
    for (unsigned n = 1 + pick(4); n > 0; --n)
      seen.emplace_back(any_peer().public_key,
                        Family{}.seen(static_cast<std::uint8_t>(1 + pick(3)), static_cast<std::uint16_t>(pick(3) + 7)));
    coordinator_->set_seen_endpoints(seen);
  }

  /// As programs do that know nothing of us.
  void write_plainly() {
    const auto id = number(any_peer().id);
    const std::string sql = std::array{
        fmt::format("UPDATE peers SET candidates = '[\"10.9.8.{}:7\"]' WHERE id = {}", pick(9), id),
        fmt::format("UPDATE peers SET is_disabled = 1 - is_disabled WHERE id = {} AND id > 2", id),
        fmt::format("DELETE FROM peers WHERE id = {} AND id > 2", id),
        fmt::format("DELETE FROM peers WHERE id = {} AND id > 2; INSERT INTO peers (id, name, ip, public_key, cidr_id, "
                    "is_redeemed) SELECT {}, 'again{}', '10.42.2.{}', '{}', 4, 1 WHERE NOT EXISTS (SELECT 1 FROM peers "
                    "WHERE id = {} OR ip = '10.42.2.{}' OR name = 'again{}')",
                    id, id, id, 100 + id % 100, key_of(static_cast<std::uint32_t>(90'000 + id)).to_base64(), id, 100 + id % 100, id),
        fmt::format("UPDATE cidrs SET name = 'plain{}' WHERE id = {}", pick(9), 3 + pick(3)),
        std::string("DELETE FROM associations WHERE id = (SELECT max(id) FROM associations)")}[pick(6)];
    auto connection = must(db::Connection::open(path_, std::chrono::seconds(5)));
    static_cast<void>(connection.execute(sql));  // the name may be taken
  }

  void restart() {
    ++counts_.restarts;
    const bool is_clean = pick(3) > 0;
    std::map<PeerId, std::optional<SocketAddress>> seen;
    for (const auto& [id, record] : network().peers()) seen.emplace(id, record.seen);
    if (pick(3) == 0) static_cast<void>(coordinator_->save_changes());
    if (is_clean) must(coordinator_->close());
    coordinator_.reset();
    const auto backup = folder_ / "backup.db";
    bool is_other = false;
    switch (pick(5)) {
      case 0:
        write_from_outside();
        is_other = true;
        break;
      case 1:
        for (unsigned n = 1 + pick(3); n > 0; --n) {
          open();
          write_plainly();
          if (pick(2) == 0) must(coordinator_->begin_turn());
          coordinator_.reset();
        }
        is_other = true;
        break;
      case 2:
        if (!std::filesystem::exists(backup)) break;
        ++counts_.restored;
        for (const char* const suffix : {"-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix);
        std::filesystem::copy_file(backup, path_, std::filesystem::copy_options::overwrite_existing);
        is_other = true;
        break;
      case 3:
        std::filesystem::remove(backup);
        foreign(path_, fmt::format("VACUUM INTO '{}'", backup.string()));
        break;
      default:
        break;
    }
    open();
    if (!is_clean || is_other) return;
    for (const auto& [id, record] : network().peers()) ASSERT_EQ(record.seen, seen.at(id)) << number(id);
  }

  void replace() {
    ++counts_.replaced;
    foreign(path_, fmt::format("VACUUM INTO '{}'", (folder_ / "copy.db").string()));
    write_from_outside();  // which is lost
    std::filesystem::rename(folder_ / "copy.db", path_);
    // `serve` is notified. Whoever opened it before that would read the log of the old one into it (sqlite.org/howtocorrupt.html, 1.4).
    must(coordinator_->begin_turn());
    must(coordinator_->end_turn());
  }

  /// A turn of some requests, one of which may make its commit fail.
  void write() {
    std::vector<Request> requests;
    for (unsigned n = 1 + pick(4); n > 0; --n) {
      const Peer peer = any_peer();
      switch (pick(5)) {
        case 0:
          requests.push_back(request(peer.ip, "PUT", "/v1/user/candidates", fmt::format(R"(["192.168.1.{}:8"])", pick(4))));
          break;
        case 1:
          requests.push_back(request(peer.ip, "PUT", "/v1/user/endpoint",
                                     fmt::format(R"({{"option":"Set","content":"{}"}})", pick(2) == 0 ? "6.6.6.6:6" : "9.8.7.6:5")));
          break;
        case 2:
          requests.push_back(request(peer.ip, "POST", "/v1/user/redeem", redeem_to_json(key_of(1000 + pick(60)))));
          break;
        case 3: {
          auto contents = PeerContents(peer);
          contents.is_disabled = contents.ip != admin_ && !contents.is_disabled;
          requests.push_back(request(admin_, "PUT", fmt::format("/v1/admin/peers/{}", number(peer.id)), to_json(contents)));
          break;
        }
        default:
          requests.push_back(request(peer.ip, "GET", "/v1/user/state"));
      }
    }
    // Who asks behind a change in the same turn has it put into the answers of all.
    for (int n = 0; n < 3; ++n) requests.push_back(request(any_peer().ip, "GET", "/v1/user/state"));
    must(coordinator_->begin_turn());
    for (const Request& asked : requests) static_cast<void>(coordinator_->answer(asked));
    counts_.requests += static_cast<int>(requests.size());
    if (coordinator_->end_turn()) return;
    ++counts_.failed;
    const Plain plain(path_, network());
    const auto last = std::span(requests).last(3);
    for (const Request& asked : last)
      if (const PeerRecord* const record = network().find_peer(asked.source)) compare_state(plain, record->peer);
  }

  // --- comparisons ---

  void compare() {
    must(coordinator_->begin_turn());
    must(coordinator_->end_turn());
    static_cast<void>(coordinator_->take_effects());
    const Plain plain(path_, network());
    ASSERT_EQ(difference_of_models(network(), plain.network()), "");
    for (int n = 0; n < 3; ++n) compare_state(plain, any_peer());
    if (const PeerRecord* const admin = plain.network().find_peer(admin_);
        admin != nullptr && admin->peer.is_admin && !admin->peer.is_disabled && pick(4) == 0) {
      const auto list = [&](const char* name) {
        const auto result = outcome(request(admin_, "GET", std::string("/v1/admin/") + name));
        return std::get<Response>(result).body;
      };
      ASSERT_EQ(*list("peers"), plain.peers());
      ASSERT_EQ(*list("cidrs"), plain.cidrs());
      ASSERT_EQ(*list("associations"), plain.associations());
      counts_.comparisons += 3;
    }
  }

  void compare_state(const Plain& plain, const Peer& peer) {
    Copy& copy = copies_[pick(2)][peer.id];
    auto asked = request(peer.ip, "GET", "/v1/user/state");
    asked.accepts_delta = pick(4) != 0;
    if (!copy.etag.empty() && pick(8) != 0) asked.if_none_match = copy.etag;
    if (asked.if_none_match && pick(3) == 0) asked.wait = std::chrono::seconds(60);
    const auto result = outcome(asked);
    ++counts_.comparisons;
    if (std::holds_alternative<Coordinator::Waiting>(result)) {
      ++counts_.waits;
      return expect_same(copy, plain, peer, Members::kFacts);
    }
    const auto& response = std::get<Response>(result);
    if (response.status == 401) {
      ASSERT_TRUE(peer.is_disabled || !peer.is_redeemed);
      return;
    }
    // Who waits is given what is ready, without the observations of the last seconds.
    if (response.status == 200 && !asked.wait) {
      ASSERT_EQ(*response.body, plain.state_of(peer));
      return copy.take(response);
    }
    const bool is_of_earlier = copy.etag.substr(0, 17) != fmt::format("\"{:016x}", epoch_);
    if (is_of_earlier && response.status != 200 && asked.if_none_match) ++counts_.resumed;
    counts_.deltas += response.is_delta ? 1 : 0;
    counts_.not_modified += response.status == 304 ? 1 : 0;
    copy.take(response);
    expect_same(copy, plain, peer, asked.wait ? Members::kFacts : Members::kAll);
  }

  enum class Members { kAll, kFacts };  // who waits may learn later of what was only observed

  static void expect_same(const Copy& copy, const Plain& plain, const Peer& peer, Members members) {
    std::map<std::int64_t, nlohmann::json> expected;
    for (const PeerRecord* const record : plain.visible_to(peer)) {
      std::string json;
      append_json(json, Network::as_shown(*record));
      expected[number(record->peer.id)] = nlohmann::json::parse(json);
    }
    auto ours = copy.peers;
    if (members == Members::kFacts)
      for (auto* const side : {&ours, &expected})
        for (auto& [id, one] : *side)
          for (const char* const member : {"endpoint", "candidates"}) one.erase(member);
    ASSERT_EQ(ours, expected) << "peer " << peer.ip.to_string();
    ASSERT_EQ(copy.cidrs, nlohmann::json::parse(plain.cidrs()));
  }

  std::mt19937 random_;
  std::uint64_t epoch_ = 0;
  TempDir folder_;
  std::filesystem::path path_;
  FakeClock clock_;
  const IpAddress admin_ = Family{}.ip(1, 1);
  std::optional<Coordinator> coordinator_;
  std::array<std::map<PeerId, Copy>, 2> copies_;  // a peer asks twice, at times of its own
  Counts& counts_;
};

TEST(TwoWays, ReadyMadeAnswersAreWhatAWalkOverTheDatabaseGives) {
  constexpr unsigned kHistories = 24;
  Counts counts;
  for (unsigned seed = 1; seed <= kHistories && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    TwoWays(seed, counts).play(80);
  }
  EXPECT_GT(counts.comparisons, 3000);
  EXPECT_GT(counts.deltas, 80);
  EXPECT_GT(counts.not_modified, 80);
  EXPECT_GT(counts.waits, 40);
  EXPECT_GT(counts.foreign, 400);
  EXPECT_GT(counts.failed, 20);
  EXPECT_GT(counts.replaced, 5);
  EXPECT_GT(counts.restarts, 100);
  EXPECT_GT(counts.restored, 10);
  EXPECT_GT(counts.resumed, 60) << "304s and deltas for what was told before a restart";
  RecordProperty("comparisons", counts.comparisons);
  fmt::print(
      "{} histories, {} requests, {} foreign writes, {} failed commits, {} databases replaced, {} restarts, {} backups restored: {} "
      "comparisons, "
      "{} of them deltas, {} not modified, {} waits, {} resumed after a restart\n",
      kHistories, counts.requests, counts.foreign, counts.failed, counts.replaced, counts.restarts, counts.restored, counts.comparisons,
      counts.deltas, counts.not_modified, counts.waits, counts.resumed);
}

}  // namespace
}  // namespace innernet::server
