// Peers, CIDRs and associations, alone, in lists, in states and in the data store.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "innernet/json/json.hpp"
#include "peer_reader.hpp"

namespace innernet {
namespace {

using namespace json_events;  // NOLINT(google-build-using-namespace): this file is made of readers

class CidrReader final : public ObjectReader {
 public:
  CidrReader(WithId id, std::vector<Cidr>& out)
      : ObjectReader(std::span(kNames).subspan(id == WithId::kYes ? 0 : 1), id == WithId::kYes ? 0b111 : 0b11),
        offset_(id == WithId::kYes ? 0 : 1),
        out_(out) {}

  void start() {
    ObjectReader::start();
    net_.reset();
    parent_.reset();
  }

 private:
  static constexpr std::array<std::string_view, 4> kNames{"id", "name", "cidr", "parent"};

  Result<void> field(std::size_t index, const Value& value) override {
    switch (index + offset_) {
      case 0: {
        TRY(const auto number, integer<std::int64_t>(value));
        id_ = CidrId{number};
        return {};
      }
      case 1: {
        TRY(name_, text(value));
        return {};
      }
      case 2: {
        TRY(const auto net, text(value));
        TRY(net_, IpNet::parse(net));
        return {};
      }
      default: {
        if (value.kind == Kind::kNull) return {};
        TRY(const auto number, integer<std::int64_t>(value));
        parent_ = CidrId{number};
        return {};
      }
    }
  }
  Result<void> finish() override {
    out_.push_back(Cidr{CidrContents{std::exchange(name_, {}), *net_, parent_}, id_});
    return {};
  }

  std::size_t offset_;
  std::vector<Cidr>& out_;
  CidrId id_{};
  std::string name_;
  std::optional<IpNet> net_;
  std::optional<CidrId> parent_;
};

// One that can't be used is left out.
class RelayReader final : public ObjectReader {
 public:
  RelayReader(std::vector<Relay>& out, const Warn* warn) : ObjectReader(kNames, 0b111), out_(out), warn_(warn) {}

  void start() {
    ObjectReader::start();
    public_key_.reset();
    endpoint_.reset();
    answers_questions_ = false;
    epoch_ = 0;
    fault_.clear();
  }

 private:
  static constexpr std::array<std::string_view, 5> kNames{"id", "public_key", "endpoint", "answers_questions", "epoch"};

  template <class T>
  void keep(std::optional<T>& to, Result<T> parsed) {
    if (parsed)
      to = *std::move(parsed);
    else
      fault_ = parsed.error().message();
  }

  Result<void> field(std::size_t index, const Value& value) override {
    if (index == 0) {
      TRY(const auto number, integer<std::int64_t>(value));
      id_ = PeerId{number};
      return {};
    }
    if (index == 3) {
      TRY(answers_questions_, boolean(value));
      return {};
    }
    if (index == 4) {
      TRY(epoch_, integer<std::uint32_t>(value));
      return {};
    }
    TRY(const auto string, text(value));
    if (index == 1)
      keep(public_key_, wg::PublicKey::parse(string));
    else
      keep(endpoint_, Endpoint::parse(string));
    return {};
  }
  Result<void> finish() override {
    if (fault_.empty())
      out_.push_back({.id = id_,
                      .public_key = *public_key_,
                      .endpoint = *std::move(endpoint_),
                      .answers_questions = answers_questions_,
                      .epoch = epoch_});
    else if (*warn_)
      (*warn_)(fmt::format("the relay of peer {} is left out: {}", number(id_), fault_));
    return {};
  }

  std::vector<Relay>& out_;
  const Warn* warn_;
  PeerId id_{};
  bool answers_questions_ = false;
  std::uint32_t epoch_ = 0;
  std::optional<wg::PublicKey> public_key_;
  std::optional<Endpoint> endpoint_;
  std::string fault_;
};

// One that can't be used is left out.
class ServerReader final : public ObjectReader {
 public:
  ServerReader(std::vector<Endpoint>& out, const Warn* warn) : ObjectReader(kNames, 0b1), out_(out), warn_(warn) {}

  using ObjectReader::start;

 private:
  static constexpr std::array<std::string_view, 1> kNames{"endpoint"};

  Result<void> field(std::size_t, const Value& value) override {
    TRY(const auto string, text(value));
    if (++count_ > kMostServers) {
      if (count_ == kMostServers + 1) warn(fmt::format("the state names more than {} servers: the others are left out", kMostServers));
      return {};
    }
    if (auto endpoint = Endpoint::parse(string))
      out_.push_back(*std::move(endpoint));
    else
      warn(fmt::format("a server of the network is left out: {}", endpoint.error().message()));
    return {};
  }
  void warn(const std::string& text) const {
    if (*warn_) (*warn_)(text);
  }

  std::vector<Endpoint>& out_;
  const Warn* warn_;
  std::size_t count_ = 0;
};

class AssociationReader final : public ObjectReader {
 public:
  AssociationReader(WithId id, std::vector<Association>& out)
      : ObjectReader(std::span(kNames).subspan(id == WithId::kYes ? 0 : 1), id == WithId::kYes ? 0b111 : 0b11),
        offset_(id == WithId::kYes ? 0 : 1),
        out_(out) {}

  using ObjectReader::start;

 private:
  static constexpr std::array<std::string_view, 3> kNames{"id", "cidr_id_1", "cidr_id_2"};

  Result<void> field(std::size_t index, const Value& value) override {
    TRY(const auto number, integer<std::int64_t>(value));
    switch (index + offset_) {
      case 0:
        association_.id = AssociationId{number};
        break;
      case 1:
        association_.cidr_id_1 = CidrId{number};
        break;
      default:
        association_.cidr_id_2 = CidrId{number};
    }
    return {};
  }
  Result<void> finish() override {
    out_.push_back(association_);
    return {};
  }

  std::size_t offset_;
  std::vector<Association>& out_;
  Association association_;
};

class PeerIdsReader final : public ArrayReader {
 public:
  explicit PeerIdsReader(std::vector<PeerId>& out) : ArrayReader(kMostInList), out_(out) {}

 private:
  Result<void> element(const Value& value) override {
    TRY(const auto number, integer<std::int64_t>(value));
    out_.push_back(PeerId{number});
    return {};
  }

  std::vector<PeerId>& out_;
};

enum class Shape { kState, kDelta, kDataStore };

// The three large objects. In a delta the CIDRs may be missing or null, and `gone` is there.
class StateReader final : public ObjectReader {
 public:
  StateReader(Shape shape, const Warn& warn)
      : ObjectReader(kNames, shape == Shape::kDelta       ? 0b101U
                             : shape == Shape::kDataStore ? 0b1011U
                                                          : 0b11U),
        shape_(shape),
        peer_(WithId::kYes, BadEndpoint::kSkip, peers, &warn),
        cidr_(WithId::kYes, cidr_list_),
        relay_(relay_list_, &warn),
        server_(server_list_, &warn),
        peers_(peer_),
        cidrs_(cidr_),
        gone_(gone),
        relays_(relay_, kMostRelays),
        servers_(server_) {}

  /// A text of `size` bytes. Saves moving the peers of a large one again and again.
  void expect(std::size_t size) {
    constexpr std::size_t kShortPeer = 256, kMost = std::size_t{1} << 16U;
    peers.reserve(std::min(size / kShortPeer, kMost));
  }

  std::vector<Peer> peers;
  std::optional<std::vector<Cidr>> cidrs;
  std::vector<PeerId> gone;
  std::optional<std::vector<Relay>> relays;
  std::optional<std::vector<Endpoint>> servers;
  std::optional<std::uint64_t> term;

 private:
  static constexpr std::array<std::string_view, 7> kNames{"peers", "cidrs", "gone", "version", "relays", "servers", "term"};
  enum Field : std::size_t { kPeers, kCidrs, kGone, kVersion, kRelays, kServers, kTerm };

  Result<void> field(std::size_t index, const Value& value) override {
    if (index == kCidrs && shape_ == Shape::kDelta && value.kind == Kind::kNull) return {};
    if (index == kVersion) {
      if (shape_ != Shape::kDataStore) return {};
      TRY(const auto version, text(value));
      if (version != "1") return invalid_input(fmt::format("version {} of the data store is unknown", quoted(version)));
      return {};
    }
    if (index == kGone && shape_ != Shape::kDelta) return {};
    const bool is_extension = index == kRelays || index == kServers || index == kTerm;
    if (is_extension && (shape_ == Shape::kDataStore || value.kind == Kind::kNull)) return {};
    if (index == kTerm) {
      TRY(const auto number, integer<std::int64_t>(value));
      if (number < 0) return invalid_input("a term is not negative");
      term = static_cast<std::uint64_t>(number);
      return {};
    }
    return expected_but_found("an array", value);
  }

  Result<Reader*> container(std::size_t index, Kind kind) override {
    if (kind != Kind::kArray) return nullptr;
    if (index == kPeers) return &peers_;
    if (index == kCidrs) {
      has_cidrs_ = true;
      return &cidrs_;
    }
    if (index == kGone && shape_ == Shape::kDelta) return &gone_;
    if (index == kRelays && shape_ != Shape::kDataStore) {
      has_relays_ = true;
      return &relays_;
    }
    if (index == kServers && shape_ != Shape::kDataStore) {
      has_servers_ = true;
      return &servers_;
    }
    return nullptr;
  }

  Result<void> finish() override {
    if (has_cidrs_) cidrs = std::move(cidr_list_);
    if (has_relays_) relays = std::move(relay_list_);
    if (has_servers_) servers = std::move(server_list_);
    return {};
  }

  Shape shape_;
  bool has_cidrs_ = false;
  bool has_relays_ = false;
  bool has_servers_ = false;
  std::vector<Cidr> cidr_list_;
  std::vector<Relay> relay_list_;
  std::vector<Endpoint> server_list_;
  PeerReader peer_;
  CidrReader cidr_;
  RelayReader relay_;
  ServerReader server_;
  ObjectsReader<PeerReader> peers_;
  ObjectsReader<CidrReader> cidrs_;
  PeerIdsReader gone_;
  ObjectsReader<RelayReader> relays_;
  ObjectsReader<ServerReader> servers_;
};

template <class Item>
Result<void> read_list(std::string_view text, Item&& item) {
  ObjectsReader list(item);
  return read(text, Kind::kArray, list);
}

template <class Item>
Result<void> read_one(std::string_view text, Item&& item) {
  item.start();
  return read(text, Kind::kObject, item);
}

}  // namespace

Result<State> parse_state(std::string_view text, const Warn& warn) {
  StateReader reader(Shape::kState, warn);
  reader.expect(text.size());
  TRY_VOID(read(text, Kind::kObject, reader));
  return State{std::move(reader.peers), *std::move(reader.cidrs), std::move(reader.relays).value_or(std::vector<Relay>()),
               std::move(reader.servers).value_or(std::vector<Endpoint>()), reader.term};
}

Result<StateDelta> parse_state_delta(std::string_view text, const Warn& warn) {
  StateReader reader(Shape::kDelta, warn);
  TRY_VOID(read(text, Kind::kObject, reader));
  return StateDelta{std::move(reader.peers),  std::move(reader.gone),    std::move(reader.cidrs),
                    std::move(reader.relays), std::move(reader.servers), reader.term};
}

Result<State> parse_data_store(std::string_view text, const Warn& warn) {
  DataStoreReader reader(warn, text.size());
  TRY_VOID(reader.take(text));
  return std::move(reader).finish();
}

struct DataStoreReader::Parts {
  explicit Parts(const Warn& warn) : state(Shape::kDataStore, warn), document(Kind::kObject, state) {}

  StateReader state;
  json_events::Document document;
};

DataStoreReader::DataStoreReader(const Warn& warn, std::size_t expected_size) : parts_(std::make_unique<Parts>(warn)) {
  parts_->state.expect(expected_size);
}
DataStoreReader::DataStoreReader(DataStoreReader&&) noexcept = default;
DataStoreReader::~DataStoreReader() = default;

Result<void> DataStoreReader::take(std::string_view piece) { return parts_->document.take(piece); }

Result<State> DataStoreReader::finish() && {
  TRY_VOID(parts_->document.finish());
  return State{std::move(parts_->state.peers), *std::move(parts_->state.cidrs)};
}

Result<std::vector<Peer>> parse_peers(std::string_view text, const Warn& warn) {
  std::vector<Peer> peers;
  TRY_VOID(read_list(text, PeerReader(WithId::kYes, BadEndpoint::kSkip, peers, &warn)));
  return peers;
}

Result<std::vector<Cidr>> parse_cidrs(std::string_view text) {
  std::vector<Cidr> cidrs;
  TRY_VOID(read_list(text, CidrReader(WithId::kYes, cidrs)));
  return cidrs;
}

Result<std::vector<Association>> parse_associations(std::string_view text) {
  std::vector<Association> associations;
  TRY_VOID(read_list(text, AssociationReader(WithId::kYes, associations)));
  return associations;
}

Result<std::vector<Relay>> parse_relays(std::string_view text, const Warn& warn) {
  std::vector<Relay> relays;
  RelayReader relay(relays, &warn);
  ObjectsReader list(relay, kMostRelays);
  TRY_VOID(read(text, Kind::kArray, list));
  return relays;
}

Result<Peer> parse_peer(std::string_view text) {
  std::vector<Peer> peers;
  TRY_VOID(read_one(text, PeerReader(WithId::kYes, BadEndpoint::kSkip, peers, nullptr)));
  return std::move(peers.front());
}

Result<Cidr> parse_cidr(std::string_view text) {
  std::vector<Cidr> cidrs;
  TRY_VOID(read_one(text, CidrReader(WithId::kYes, cidrs)));
  return std::move(cidrs.front());
}

Result<PeerContents> parse_peer_contents(std::string_view text) {
  std::vector<Peer> peers;
  TRY_VOID(read_one(text, PeerReader(WithId::kNo, BadEndpoint::kRefuse, peers, nullptr)));
  return static_cast<PeerContents&&>(peers.front());
}

Result<CidrContents> parse_cidr_contents(std::string_view text) {
  std::vector<Cidr> cidrs;
  TRY_VOID(read_one(text, CidrReader(WithId::kNo, cidrs)));
  return static_cast<CidrContents&&>(cidrs.front());
}

Result<AssociationContents> parse_association_contents(std::string_view text) {
  std::vector<Association> associations;
  TRY_VOID(read_one(text, AssociationReader(WithId::kNo, associations)));
  return static_cast<AssociationContents&&>(associations.front());
}

}  // namespace innernet
