#pragma once

#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events.hpp"
#include "innernet/json/json.hpp"
#include "innernet/values/endpoint.hpp"

// Readers that several bodies are put together from.
namespace innernet::json_events {

enum class UnknownFields { kIgnored, kRefused };

/// An object with known fields: each at most once, the required ones exactly once.
class ObjectReader : public Reader {
 public:
  Result<void> key(std::string_view name) final;
  Result<void> value(const Value& value) final;
  Result<Reader*> open(Kind kind) final;
  Result<void> close() final;
  void append_path(std::string& out) const final;

 protected:
  /// `required` has bit i set for names[i]. The names must outlive the reader.
  ObjectReader(std::span<const std::string_view> names, std::uint32_t required, UnknownFields unknown = UnknownFields::kIgnored)
      : names_(names), required_(required), unknown_(unknown) {}

  /// Before each object that this reader reads.
  void start();
  /// The value of names[index]; for an object or array only when container() does not know it.
  virtual Result<void> field(std::size_t index, const Value& value) = 0;
  /// The reader of a field that is an object or array; nullptr when the field is a scalar.
  virtual Result<Reader*> container(std::size_t /*index*/, Kind /*kind*/) { return nullptr; }
  /// Everything required was there.
  virtual Result<void> finish() { return {}; }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::span<const std::string_view> names_;
  std::uint32_t required_;
  UnknownFields unknown_;
  std::uint32_t seen_ = 0;
  std::size_t current_ = kNone;
  std::size_t next_ = 0;  // fields nearly always come in the order of names_
};

/// An array; what is in it is the derived class's.
class ArrayReader : public Reader {
 public:
  Result<void> key(std::string_view) final { return {}; }
  Result<void> value(const Value& value) final;
  Result<Reader*> open(Kind kind) final;
  Result<void> close() final { return {}; }
  void append_path(std::string& out) const final;

 protected:
  /// More elements than `most` are refused.
  explicit ArrayReader(std::size_t most = static_cast<std::size_t>(-1)) : most_(most) {}

  void start() { count_ = 0; }
  virtual Result<void> element(const Value& value) = 0;
  /// nullptr when elements are scalars.
  virtual Result<Reader*> container(Kind /*kind*/) { return nullptr; }

 private:
  Result<void> count();

  std::size_t most_;
  std::size_t count_ = 0;
};

/// An array of objects, each read by `Item`, which has start() and puts what it read where it belongs.
template <class Item>
class ObjectsReader final : public ArrayReader {
 public:
  explicit ObjectsReader(Item& item, std::size_t most = kMostInList) : ArrayReader(most), item_(item) {}

 private:
  Result<void> element(const Value& value) override { return expected_but_found("an object", value); }
  Result<Reader*> container(Kind kind) override {
    if (kind != Kind::kObject) return nullptr;
    item_.start();
    return &item_;
  }

  Item& item_;
};

/// What is done with an endpoint that can't be read.
enum class BadEndpoint {
  kRefuse,   ///< in a request
  kSkip,     ///< in what another program wrote: only a wrong JSON type is refused
  kSkipAny,  ///< in a database row: whatever it is
};

class EndpointsReader final : public ArrayReader {
 public:
  explicit EndpointsReader(BadEndpoint bad) : bad_(bad) {}

  void start() {
    ArrayReader::start();
    endpoints_.clear();
  }
  /// Exactly as large as it has to be; what it grew in serves the next array.
  std::vector<Endpoint> take() {
    std::vector<Endpoint> taken(std::make_move_iterator(endpoints_.begin()), std::make_move_iterator(endpoints_.end()));
    endpoints_.clear();
    return taken;
  }

 private:
  Result<void> element(const Value& value) override;

  BadEndpoint bad_;
  std::vector<Endpoint> endpoints_;
};

/// An array of integers.
class NumbersReader final : public ArrayReader {
 public:
  explicit NumbersReader(std::size_t most) : ArrayReader(most) {}

  void start() {
    ArrayReader::start();
    numbers.clear();
  }
  std::vector<std::int64_t> numbers;

 private:
  Result<void> element(const Value& value) override;
};

class RelayDistancesReader final : public ArrayReader {
 public:
  RelayDistancesReader() : ArrayReader(kMostRelayDistances) {}

  void start() {
    ArrayReader::start();
    is_open_ = false;
    distances_.clear();
  }
  Result<std::vector<RelayDistance>> take();

 private:
  Result<void> element(const Value& value) override { return expected_but_found("an array", value); }
  Result<Reader*> container(Kind kind) override;
  Result<void> close_pair();

  NumbersReader pair_{2};
  bool is_open_ = false;
  std::vector<RelayDistance> distances_;
};

class RelayOfPeerReader final : public ObjectReader {
 public:
  /// What becomes of one that nobody can use.
  enum class Bad { kRefused, kNone };
  explicit RelayOfPeerReader(Bad bad);

  void start() {
    ObjectReader::start();
    relay.reset();
    key_.reset();
    port_ = 0;
  }

  std::optional<RelayOfPeer> relay;

 private:
  Result<void> field(std::size_t index, const Value& value) override;
  Result<void> finish() override;

  Bad bad_;
  std::optional<wg::PublicKey> key_;
  std::uint16_t port_ = 0;
};

/// `null` or a string; one that can't be read is none unless it is to be refused.
Result<std::optional<Endpoint>> nullable_endpoint(const Value& value, BadEndpoint bad);

}  // namespace innernet::json_events
