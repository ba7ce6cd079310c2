#pragma once

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

#include "oracle.hpp"

namespace innernet::server::testing {

/// Bytes as decisions, one each: so a fuzzer that changes a byte changes one decision. None is left: always the first choice.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool any_left() const { return !bytes_.empty(); }
  unsigned pick(unsigned n) {
    if (bytes_.empty()) return 0;
    const unsigned value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value % n;
  }
  bool one_in(unsigned n) { return pick(n) == n - 1; }
  template <class T, std::size_t N>
  T of(const std::array<T, N>& all) {
    return all[pick(N)];
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// A sequence of requests of random peers to a coordinator, each compared with what the oracle says, and after each the promises:
/// names, addresses and keys are unique; nobody sees whom they may not; the device has the keys of those who may connect and no other; the
/// database opens again to the same network. What does not hold is thrown.
class History {
 public:
  struct Counts {
    std::map<unsigned, int> statuses;
    int requests = 0, states = 0, reopened = 0;
  };

  /// `pristine` is a database of make_database(), `path` is where a copy of it goes.
  History(Choices choices, const std::filesystem::path& pristine, std::filesystem::path path) : choices_(choices), path_(std::move(path)) {
    std::error_code failure;
    do std::filesystem::copy_file(pristine, path_, std::filesystem::copy_options::overwrite_existing, failure);
    while (failure == std::errc::interrupted);  // by libFuzzer's alarm
    if (failure) throw std::runtime_error(failure.message());
    open();
    for (const auto& [id, record] : coordinator_->network().peers()) oracle_.peers.push_back(as_oracle_has(record.peer));
    for (const Cidr& cidr : coordinator_->network().cidrs())
      oracle_.cidrs.push_back({number(cidr.id), cidr.name, Oracle::bits_of(cidr.cidr.to_string()), as_number(cidr.parent)});
    for (const auto& [id, one] : coordinator_->network().associations())
      oracle_.associations.push_back({number(id), number(one.cidr_id_1), number(one.cidr_id_2)});
  }

  Counts play(int most_steps) {
    for (int step = 0; step < most_steps && choices_.any_left(); ++step) {
      switch (choices_.pick(24)) {
        case 0:
          pass(std::array{1, 9, 11, 100'000}[choices_.pick(4)]);
          break;
        case 1:
          finish_key_changes();
          break;
        case 2:
          expire();
          break;
        case 3:
          change_from_outside();
          break;
        case 4:
          must(coordinator_->close());
          open();
          break;
        default:
          request(make_ask());
      }
      check_promises();
      if (step % 8 == 7) check_database();
    }
    check_database();
    check_all_states();
    must(coordinator_->close());
    return counts_;
  }

 private:
  static void require(bool holds, const std::string& what) {
    if (!holds) throw std::logic_error(what);
  }
  static std::optional<std::int64_t> as_number(const std::optional<CidrId>& id) { return id ? std::optional(number(*id)) : std::nullopt; }
  static Oracle::Peer as_oracle_has(const Peer& peer) {
    std::vector<std::string> candidates;
    for (const Endpoint& candidate : peer.candidates) candidates.push_back(candidate.to_string());
    return {{peer.name.str(), peer.ip.to_string(), peer.public_key.to_base64(), number(peer.cidr_id),
             peer.endpoint ? std::optional(peer.endpoint->to_string()) : std::nullopt, peer.is_admin, peer.is_disabled, peer.is_redeemed,
             peer.invite_expires ? std::optional(peer.invite_expires->seconds) : std::nullopt, std::move(candidates)},
            number(peer.id)};
  }
  static auto members(const Oracle::Peer& peer) {
    return std::tie(peer.id, peer.name, peer.ip, peer.public_key, peer.cidr_id, peer.endpoint, peer.is_admin, peer.is_disabled,
                    peer.is_redeemed, peer.invite_expires, peer.candidates);
  }

  void open() {
    coordinator_.reset();
    Coordinator::Options options;
    options.server_key = key_of(1);
    options.clock = &clock_;
    coordinator_.emplace(must(Coordinator::open(path_, options)));
    oracle_.forget_redemptions();
    pending_.clear();
    device_.clear();
    apply(coordinator_->device_peers());
    set_time();
  }

  // --- steps ---

  void set_time() {
    const auto seconds = [](auto time) {
      return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
    };
    oracle_.now = seconds(clock_.wall());
    oracle_.boot = seconds(clock_.boot());
  }
  void pass(int seconds) {
    clock_.advance(std::chrono::seconds(seconds));
    set_time();
    if (seconds > 5) finish_key_changes();  // the device follows at most 5 s later
  }

  void finish_key_changes() {
    for (const KeyChange& change : std::exchange(pending_, {})) {
      device_.erase(change.old_key.to_base64());
      const PeerRecord* const record = coordinator_->network().find_peer(change.new_key);
      if (record != nullptr && Network::belongs_on_device(record->peer)) device_[change.new_key.to_base64()] = record->peer.ip.to_string();
    }
  }

  void expire() {
    for (int look = 0; look < 3; ++look) {
      must(coordinator_->delete_expired_invitations());
      pass(6 * 60);
    }
    must(coordinator_->delete_expired_invitations());
    // One that has expired just now may be there until the next look.
    std::erase_if(oracle_.peers, [&](const Oracle::Peer& peer) {
      const bool is_gone = coordinator_->network().find_peer(PeerId{peer.id}) == nullptr;
      require(!is_gone || oracle_.has_expired(peer), "only an expired invitation is deleted");
      require(is_gone || !oracle_.has_expired(peer) || *peer.invite_expires + 3 * 6 * 60 > oracle_.now, "an expired invitation is deleted");
      return is_gone;
    });
  }

  // As `innernet-server disable-peer` and `enable-peer` do while the server runs. The administrator comes back again and again, or soon
  // there would be nothing but refusals.
  void change_from_outside() {
    Oracle::Peer& peer = choices_.pick(2) == 0 ? *std::ranges::find(oracle_.peers, number(kAdmin), &Oracle::Peer::id)
                                               : oracle_.peers[choices_.pick(static_cast<unsigned>(oracle_.peers.size()))];
    if (peer.id == 1) return;
    peer.is_disabled = peer.id != number(kAdmin) && !peer.is_disabled;
    peer.is_admin |= peer.id == number(kAdmin);
    auto registry = must(Registry::open(path_));
    must(registry.write([&](Registry::Writer& writer) -> Result<void> {
      auto change = PeerChange::to(registry.network().find_peer(PeerId{peer.id})->peer);
      change.is_disabled = peer.is_disabled;
      change.is_admin = peer.is_admin;
      TRY_VOID(writer.update_peer(PeerId{peer.id}, change));
      return {};
    }));
    must(registry.close());
    must(coordinator_->begin_turn());
    must(coordinator_->end_turn());
  }

  // --- requests ---

  std::string an_ip() { return fmt::format("10.42.{}.{}", choices_.pick(6), choices_.of(std::array{1, 2, 3, 0, 255, 9})); }
  /// The n-th address behind those that begin with `bits`.
  static std::string inside(std::string bits, unsigned n) {
    const std::size_t length = bits.size();
    bits.resize(32, '0');
    for (std::size_t bit = 0; bit < 3 && bit + length < 32; ++bit) bits[31 - bit] = (n >> bit & 1U) != 0 ? '1' : '0';
    const auto byte = [&](std::size_t at) { return std::stoul(bits.substr(8 * at, 8), nullptr, 2); };
    return fmt::format("{}.{}.{}.{}", byte(0), byte(1), byte(2), byte(3));
  }
  const Oracle::Cidr& one_that_is_there() { return oracle_.cidrs[choices_.pick(static_cast<unsigned>(oracle_.cidrs.size()))]; }
  std::int64_t a_cidr() { return choices_.one_in(5) ? 1 + choices_.pick(9) : one_that_is_there().id; }
  std::string a_key(bool& is_good) {
    const unsigned n = choices_.pick(24);
    if (n < 20) return key_of(n + 1).to_base64();
    is_good = false;
    return choices_.of(std::array<std::string, 4>{"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", key_of(1).to_base64() + "x"});
  }
  std::optional<std::string> an_endpoint(bool& is_good) {
    const std::string text = choices_.of(std::array<std::string, 9>{"", "1.2.3.4:5", "0.0.0.0:77", "[2001:db8::1]:9", "host.example.com:1",
                                                                    "1.2.3.4:0", "1.2.3.999:1", "nonsense", "1.2.3.4"});
    if (text.empty()) return std::nullopt;
    if (text == "1.2.3.999:1" || text == "nonsense" || text == "1.2.3.4") is_good = false;
    return text;
  }
  std::vector<std::string> some_candidates(bool& is_good) {
    std::vector<std::string> all;
    for (unsigned n = choices_.of(std::array{0U, 1U, 2U, 10U, 11U}); n > 0; --n) all.push_back(fmt::format("192.168.{}.7:51820", n));
    if (!all.empty() && choices_.one_in(9)) {
      all.back() = "x:y";
      is_good = false;
    }
    return all;
  }
  Ask::PeerSaid a_peer(bool& is_good) {
    Ask::PeerSaid said;
    if (choices_.pick(4) == 0) {  // one that is there, with one change
      said = oracle_.peers[choices_.pick(static_cast<unsigned>(oracle_.peers.size()))];
      switch (choices_.pick(4)) {
        case 0:
          said.name = choices_.of(std::array<std::string, 4>{"r1", "r2", "r3", "a"});
          break;
        case 1:
          said.is_disabled = !said.is_disabled;
          break;
        case 2:
          said.endpoint = an_endpoint(is_good);
          break;
        default:
          said.is_admin = true;
      }
      return said;
    }
    said.name = choices_.of(std::array<std::string, 10>{"a", "b", "c", "admin", "user", "innernet-server", "d-e", "Bad", "", "a--b"});
    if (said.name == "Bad" || said.name.empty() || said.name == "a--b") is_good = false;
    said.ip = an_ip();
    const Oracle::Cidr& home = one_that_is_there();
    said.cidr_id = choices_.one_in(5) ? a_cidr() : home.id;
    if (home.id > 2 && choices_.pick(8) != 0) said.ip = inside(home.bits, choices_.pick(8));
    if (choices_.one_in(20)) {
      said.ip = "10.42.1";
      is_good = false;
    }
    said.public_key = a_key(is_good);
    said.endpoint = an_endpoint(is_good);
    said.is_admin = choices_.one_in(3);
    said.is_disabled = choices_.one_in(4);
    said.is_redeemed = choices_.pick(3) != 0;
    if (choices_.one_in(3)) said.invite_expires = choices_.of(std::array<std::uint64_t, 4>{0, 1'795'363'050, 1'795'500'000, 4'000'000'000});
    said.candidates = some_candidates(is_good);
    return said;
  }

  static std::string quote(const std::string& text) { return nlohmann::json(text).dump(); }
  static std::string text_of(const std::optional<std::string>& text) { return text ? quote(*text) : "null"; }
  static std::string text_of(const Ask::PeerSaid& said) {
    return fmt::format(
        R"({{"name":{},"ip":{},"cidr_id":{},"public_key":{},"endpoint":{},"persistent_keepalive_interval":25,"is_admin":{},"is_disabled":{},"is_redeemed":{},"invite_expires":{},"candidates":{}}})",
        quote(said.name), quote(said.ip), said.cidr_id, quote(said.public_key), text_of(said.endpoint), said.is_admin, said.is_disabled,
        said.is_redeemed,
        said.invite_expires ? fmt::format(R"({{"secs_since_epoch":{},"nanos_since_epoch":0}})", *said.invite_expires) : "null",
        nlohmann::json(said.candidates).dump());
  }

  struct Prepared {
    Ask ask;
    Request request;
  };

  Prepared make_ask() {
    using enum Ask::Route;
    Prepared made;
    Ask& ask = made.ask;
    Request& request = made.request;
    // Mostly who is there, and the administrator often.
    const unsigned source = choices_.pick(8);
    ask.from = source < 5   ? "10.42.1.1"
               : source < 7 ? oracle_.peers[choices_.pick(static_cast<unsigned>(oracle_.peers.size()))].ip
                            : an_ip();
    ask.key = choices_.one_in(30) ? Ask::Key::kWrong : choices_.one_in(30) ? Ask::Key::kNone : Ask::Key::kRight;
    const unsigned place = choices_.pick(40);
    ask.place = place == 0   ? Ask::Place::kOutside
                : place == 1 ? Ask::Place::kNowhere
                : place < 16 ? Ask::Place::kForUsers
                             : Ask::Place::kForAdmins;
    struct Usual {
      const char* method;
      Ask::Route route;
    };
    if (ask.place == Ask::Place::kForUsers) {
      const auto usual = choices_.of(
          std::array<Usual, 5>{{{"GET", kState}, {"POST", kRedeem}, {"PUT", kEndpoint}, {"PUT", kCandidates}, {"GET", kCapabilities}}});
      ask.method = usual.method;
      ask.route = usual.route;
    } else {
      ask.route = choices_.of(std::array{kPeers, kPeers, kPeers, kCidrs, kCidrs, kAssociations, kAssociations});
      ask.method = choices_.of(std::array<std::string, 6>{"POST", "PUT", "DELETE", "GET", "POST", "PUT"});
      ask.has_id = ask.method == "PUT" || ask.method == "DELETE";
    }
    if (choices_.one_in(25)) ask.method = choices_.of(std::array<std::string, 5>{"HEAD", "PATCH", "DELETE", "get", "POST"});
    if (choices_.one_in(25)) ask.route = choices_.of(std::array{kNone, kState, kPeers, kRedeem});
    if (choices_.one_in(25)) ask.has_id = !ask.has_id;
    std::string id;
    if (ask.has_id) {
      ask.id = 1 + choices_.pick(10);
      id = "/" + std::to_string(*ask.id);
      if (choices_.one_in(20)) {
        ask.id.reset();
        id = choices_.of(std::array<std::string, 4>{"/", "/x", "/9223372036854775808", "/1x"});
      }
    }
    constexpr std::array kNames{"nothing", "state", "capabilities", "redeem", "endpoint", "candidates", "peers", "cidrs", "associations"};
    constexpr std::array kPlaces{"/v2/user/", "/v1/people/", "/v1/user/", "/v1/admin/"};
    request.target = (choices_.one_in(20) ? "/" : "") + std::string(kPlaces[static_cast<std::size_t>(ask.place)]) +
                     kNames[static_cast<std::size_t>(ask.route)] + id + (choices_.one_in(20) ? "?query=/v1" : "");
    request.method = ask.method;
    request.source = must(IpAddress::parse(ask.from));
    if (ask.key != Ask::Key::kNone) request.server_key = (ask.key == Ask::Key::kRight ? key_of(1) : key_of(2)).to_base64();
    request.body = body_of(ask);
    request.body_kind = Request::Body::kWhole;
    if (choices_.one_in(25)) {
      ask.has_good_body = false;
      switch (choices_.pick(5)) {
        case 0:
          request.body_kind = Request::Body::kNoLength;
          break;
        case 1:
          request.body_kind = Request::Body::kTooLarge;
          break;
        case 2:
          request.body += " x";
          break;
        case 3:
          request.body = "{}";
          break;
        default:
          request.body.resize(request.body.size() / 2);
      }
    }
    return made;
  }

  std::string body_of(Ask& ask) {
    using enum Ask::Route;
    const auto option = [](const std::optional<std::string>& endpoint) {
      return endpoint ? R"({"option":"Set","content":)" + quote(*endpoint) + "}" : std::string(R"({"option":"Unset"})");
    };
    switch (ask.route) {
      case kRedeem:
        ask.public_key = a_key(ask.has_good_body);
        return R"({"public_key":)" + quote(ask.public_key) + "}";
      case kEndpoint:
        ask.endpoint = an_endpoint(ask.has_good_body);
        return option(ask.endpoint);
      case kCandidates:
        ask.candidates = some_candidates(ask.has_good_body);
        return nlohmann::json(ask.candidates).dump();
      case kPeers:
        ask.peer = a_peer(ask.has_good_body);
        return text_of(ask.peer);
      case kCidrs: {
        Ask::CidrSaid& said = ask.cidr;
        said.name = choices_.of(std::array<std::string, 8>{"c1", "c2", "c3", "Any Text", "humans", "", "evilcorp", "\xc3\xbc\"\n"});
        said.net = fmt::format("10.{}.{}.{}/{}", choices_.one_in(16) ? 41 : 42, choices_.pick(6), choices_.of(std::array{0, 128, 7}),
                               choices_.of(std::array{24, 25, 26, 16, 20, 32, 0}));
        if (choices_.one_in(20)) {
          said.net = choices_.of(std::array<std::string, 3>{"10.42.1.0", "10.42.1.0/33", "x/1"});
          ask.has_good_body = false;
        }
        if (!choices_.one_in(12)) said.parent = choices_.one_in(3) ? a_cidr() : 1;
        if (const Oracle::Cidr& outer = one_that_is_there(); outer.bits.size() < 30 && choices_.pick(2) == 0) {
          const std::string bits = outer.bits + choices_.of(std::array<std::string, 4>{"0", "1", "01", "11"});
          said = {said.name, fmt::format("{}/{}", inside(bits, 0), bits.size()), outer.id};
          ask.has_good_body = true;
        }
        return fmt::format(R"({{"name":{},"cidr":{},"parent":{}}})", quote(said.name), quote(said.net),
                           said.parent ? std::to_string(*said.parent) : "null");
      }
      case kAssociations:
        ask.cidr_1 = a_cidr();
        ask.cidr_2 = a_cidr();
        return fmt::format(R"({{"cidr_id_1":{},"cidr_id_2":{}}})", ask.cidr_1, ask.cidr_2);
      case kNone:
      case kState:
      case kCapabilities:
        break;
    }
    ask.has_good_body = false;
    return {};
  }

  void request(const Prepared& prepared) {
    const auto& [ask, request] = prepared;
    const unsigned expected = oracle_.answer(ask);
    must(coordinator_->begin_turn());
    auto outcome = coordinator_->answer(request);
    must(coordinator_->end_turn());
    const auto* const response = std::get_if<Response>(&outcome);
    const std::string asked = fmt::format("{} {} {} {}", ask.from, request.method, request.target, request.body);
    require(response != nullptr, asked + ": no answer");
    require(response->status == expected, fmt::format("{}: answered {}, and the oracle says {}: {}", asked, response->status, expected,
                                                      response->body ? *response->body : ""));
    ++counts_.requests;
    ++counts_.statuses[expected];
    // What an old program takes for an answer to be read must not be there.
    if (expected == 204) require(response->body == nullptr, asked + ": 204 has no body");
    if (expected == 200 && ask.route == Ask::Route::kState) check_state(*response, ask.from);
    if (expected == 200 && ask.place == Ask::Place::kForAdmins) check_list(*response, ask.route);
    if (expected == 201 && ask.route == Ask::Route::kPeers)
      require(nlohmann::json::parse(*response->body).at("id") == oracle_.peers.back().id, asked + ": another id");
    if (response->key_change) pending_.push_back(*response->key_change);
  }

  // --- promises ---

  void apply(const std::vector<wg::PeerUpdate>& updates) {
    for (const wg::PeerUpdate& update : updates) {
      const std::string key = update.public_key.to_base64();
      if (update.remove)
        device_.erase(key);
      else if (!update.update_only)
        device_[key] = update.allowed_ips.at(0).address().to_string();
    }
  }

  void check_promises() {
    const auto effects = coordinator_->take_effects();
    require(!effects.device_resync, "nothing calls for a comparison of the whole device");
    apply(effects.device);

    std::set<std::string> names, addresses, keys;
    std::map<std::string, std::string> expected, or_old;
    for (const auto& [id, record] : coordinator_->network().peers()) {
      const Peer& peer = record.peer;
      require(names.insert(peer.name.str()).second, "a name twice");
      require(addresses.insert(peer.ip.to_string()).second, "an address twice");
      require(keys.insert(peer.public_key.to_base64()).second, "a key twice");
      if (id == kServerPeer || peer.is_disabled) continue;
      const auto change = std::ranges::find(pending_, peer.public_key, &KeyChange::new_key);
      if (change == pending_.end()) expected[peer.public_key.to_base64()] = peer.ip.to_string();
      for (const auto& key : {peer.public_key, change == pending_.end() ? peer.public_key : change->old_key})
        or_old[key.to_base64()] = peer.ip.to_string();
    }
    for (const auto& [key, ip] : expected)
      require(device_.contains(key) && device_.at(key) == ip, "who may connect is on the device: " + ip);
    for (const auto& [key, ip] : device_)
      require(or_old.contains(key) && or_old.at(key) == ip, "a key on the device that has no business there: " + ip);
  }

  void check_state(const Response& response, const std::string& from) {
    ++counts_.states;
    const auto json = nlohmann::json::parse(*response.body);
    std::set<std::int64_t> seen;
    for (const auto& one : json.at("peers")) {
      const std::int64_t id = one.at("id");
      const Oracle::Peer& peer = *std::ranges::find(oracle_.peers, id, &Oracle::Peer::id);
      require(seen.insert(id).second, "a peer twice in a state");
      require(one.at("name") == peer.name && one.at("ip") == peer.ip && one.at("public_key") == peer.public_key,
              "a peer in a state is another one");
    }
    require(seen == oracle_.visible_to(from), "a state of " + from + " with others than it may see");
    require(json.at("cidrs").size() == oracle_.cidrs.size(), "a state has all CIDRs");
  }

  void check_list(const Response& response, Ask::Route route) {
    const auto json = nlohmann::json::parse(*response.body);
    std::vector<std::int64_t> listed, expected;
    for (const auto& one : json) listed.push_back(one.at("id").get<std::int64_t>());
    const auto all = [&](const auto& list) {
      for (const auto& one : list) expected.push_back(one.id);
    };
    if (route == Ask::Route::kPeers) all(oracle_.peers);
    if (route == Ask::Route::kCidrs) all(oracle_.cidrs);
    if (route == Ask::Route::kAssociations) all(oracle_.associations);
    require(std::ranges::is_sorted(listed), "lists come in the order of ids");
    std::ranges::sort(expected);
    require(listed == expected, "a list lacks one, or has one too many");
  }

  void check_all_states() {
    for (const Oracle::Peer& peer : oracle_.peers) {
      if (peer.is_disabled || !peer.is_redeemed) continue;
      Request request;
      request.source = must(IpAddress::parse(peer.ip));
      request.server_key = key_of(1).to_base64();
      request.method = "GET";
      request.target = "/v1/user/state";
      must(coordinator_->begin_turn());
      const auto outcome = coordinator_->answer(request);
      must(coordinator_->end_turn());
      check_state(std::get<Response>(outcome), peer.ip);
    }
  }

  void check_database() {
    ++counts_.reopened;
    const auto again = must(Registry::open(path_));
    require(same_rows(again.network(), coordinator_->network()), "the database opens to the same network");
    require(again.network().quarantined().empty(), "nothing in it is invalid");
    require(again.network().peers().size() == oracle_.peers.size(), "as many peers");
    for (const Oracle::Peer& expected : oracle_.peers) {
      const PeerRecord* const record = again.network().find_peer(PeerId{expected.id});
      require(record != nullptr && members(as_oracle_has(record->peer)) == members(expected), "another peer: " + expected.name);
    }
    require(again.network().cidrs().size() == oracle_.cidrs.size(), "as many CIDRs");
    for (const Oracle::Cidr& expected : oracle_.cidrs) {
      const Cidr* const cidr = again.network().find_cidr(CidrId{expected.id});
      require(cidr != nullptr && cidr->name == expected.name && Oracle::bits_of(cidr->cidr.to_string()) == expected.bits &&
                  as_number(cidr->parent) == expected.parent,
              "another CIDR: " + expected.name);
    }
    require(again.network().associations().size() == oracle_.associations.size(), "as many associations");
    for (const Oracle::Association& expected : oracle_.associations)
      require(again.network().find_association(CidrId{expected.a}, CidrId{expected.b}) != nullptr, "an association is lost");
  }

  Choices choices_;
  std::filesystem::path path_;
  FakeClock clock_;
  std::optional<Coordinator> coordinator_;
  Oracle oracle_;
  std::map<std::string, std::string> device_;  // key to address
  std::vector<KeyChange> pending_;             // answered, and not yet on the device
  Counts counts_;
};

}  // namespace innernet::server::testing
