#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "innernet/publicip/publicip.hpp"

namespace innernet::publicip {
namespace {

// RFC 1035, 4.1. Quad9 answers this name with the address that the query came from.
constexpr std::array<std::string_view, 4> kName = {"whatismyip", "on", "quad9", "net"};
constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;
constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kOpcode = 0x7800;
constexpr std::uint16_t kTruncated = 0x0200;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kRcode = 0x000F;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kHeaderSize = 12;

std::uint16_t type_of(Family family) { return family == Family::kIpv4 ? kTypeA : kTypeAaaa; }

void append_u16(std::vector<std::uint8_t>& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}

// The name as read_name() returns it: labels, each with a dot behind it.
std::string dotted_name() {
  std::string name;
  for (const auto label : kName) name.append(label) += '.';
  return name;
}

std::unexpected<Error> refuse(std::string_view why) { return invalid_input(fmt::format("the resolver's answer is not valid: {}", why)); }
std::unexpected<Error> cut_off() { return refuse("it ends too early"); }

// Reads from the front of a message; every step fails at its end.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> message) : message_(message) {}

  bool at_end() const { return at_ == message_.size(); }

  Result<std::uint16_t> u16() {
    if (message_.size() - at_ < 2) return cut_off();
    const auto value = static_cast<std::uint16_t>(message_[at_] << 8 | message_[at_ + 1]);
    at_ += 2;
    return value;
  }

  Result<std::span<const std::uint8_t>> bytes(std::size_t size) {
    if (message_.size() - at_ < size) return cut_off();
    const auto taken = message_.subspan(at_, size);
    at_ += size;
    return taken;
  }

  // In lower case (RFC 4343), each label with a dot behind it; a dot within a label is escaped.
  Result<std::string> name() {
    std::string name;
    std::size_t at = at_;
    std::size_t limit = at_;  // a pointer has to lead before the part that it ends, so that following them comes to an end
    bool jumped = false;
    for (;;) {
      if (at >= message_.size()) return cut_off();
      const std::uint8_t length = message_[at];
      if (length == 0) break;
      if ((length & 0xC0U) == 0xC0U) {
        if (at + 1 >= message_.size()) return cut_off();
        const std::size_t target = (length & 0x3FU) << 8 | message_[at + 1];
        if (target >= limit || target < kHeaderSize) return refuse("a compressed name does not point backwards");
        if (!jumped) at_ = at + 2;
        jumped = true;
        at = limit = target;
        continue;
      }
      if ((length & 0xC0U) != 0) return refuse("a name has a label of an unknown kind");
      if (message_.size() - at - 1 < length) return cut_off();
      for (const std::uint8_t byte : message_.subspan(at + 1, length)) {
        if (byte == '.' || byte == '\\') name += '\\';
        name += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
      }
      name += '.';
      if (name.size() > 2 * kLongestName) return refuse("a name is too long");
      at += length + 1U;
    }
    if (!jumped) at_ = at + 1;
    return name;
  }

 private:
  std::span<const std::uint8_t> message_;
  std::size_t at_ = 0;
};

struct Record {
  std::string name;
  std::uint16_t type, klass;
  std::span<const std::uint8_t> data;
};

Result<Record> read_record(Reader& reader) {
  Record record{};
  TRY(record.name, reader.name());
  TRY(record.type, reader.u16());
  TRY(record.klass, reader.u16());
  TRY_VOID(reader.bytes(4));  // time to live
  TRY(const std::uint16_t length, reader.u16());
  TRY(record.data, reader.bytes(length));
  return record;
}

Result<void> check_flags(std::uint16_t flags) {
  if ((flags & kResponse) == 0) return refuse("it is a question");
  if ((flags & kOpcode) != 0) return refuse("it answers another kind of request");
  if ((flags & kTruncated) != 0) return refuse("it is marked as truncated");
  if ((flags & kRcode) != 0) return refuse(fmt::format("the resolver reports error {}", flags & kRcode));
  return {};
}

Result<IpAddress> address_in(const Record& record, Family family) {
  IpAddress address;
  if (family == Family::kIpv4) {
    if (record.data.size() != 4) return refuse("an IPv4 address has not 4 bytes");
    address = IpAddress::v4(record.data.first<4>());
  } else {
    if (record.data.size() != 16) return refuse("an IPv6 address has not 16 bytes");
    address = IpAddress::v6(record.data.first<16>());
  }
  if (address.is_unspecified() || address.is_multicast()) return refuse(fmt::format("{} is no address of a machine", address.to_string()));
  return address;
}

}  // namespace

std::vector<std::uint8_t> encode_query(std::uint16_t id, Family family) {
  std::vector<std::uint8_t> query;
  append_u16(query, id);
  append_u16(query, kRecursionDesired);
  append_u16(query, 1);                              // questions
  for (int i = 0; i < 3; ++i) append_u16(query, 0);  // answers, authorities, additional
  for (const auto label : kName) {
    query.push_back(static_cast<std::uint8_t>(label.size()));
    query.insert(query.end(), label.begin(), label.end());
  }
  query.push_back(0);
  append_u16(query, type_of(family));
  append_u16(query, kClassIn);
  return query;
}

Result<IpAddress> decode_answer(std::span<const std::uint8_t> message, std::uint16_t id, Family family) {
  Reader reader(message);
  TRY(const std::uint16_t answered_id, reader.u16());
  TRY(const std::uint16_t flags, reader.u16());
  TRY(const std::uint16_t questions, reader.u16());
  TRY(const std::uint16_t answers, reader.u16());
  TRY(const std::uint16_t authorities, reader.u16());
  TRY(const std::uint16_t additional, reader.u16());
  if (answered_id != id) return refuse("it belongs to another query");
  TRY_VOID(check_flags(flags));

  const std::string asked = dotted_name();
  if (questions != 1) return refuse("it does not repeat the one question");
  TRY(const std::string name, reader.name());
  TRY(const std::uint16_t type, reader.u16());
  TRY(const std::uint16_t klass, reader.u16());
  if (name != asked || type != type_of(family) || klass != kClassIn) return refuse("it repeats another question");

  std::optional<IpAddress> found;
  const unsigned records = unsigned{answers} + authorities + additional;
  for (unsigned i = 0; i < records; ++i) {
    TRY(const Record record, read_record(reader));
    if (i >= answers || record.name != asked || record.type != type_of(family) || record.klass != kClassIn) continue;
    TRY(const IpAddress address, address_in(record, family));
    if (!found) found = address;
  }
  if (!reader.at_end()) return refuse("there is something behind its end");
  if (!found) return refuse("there is no address in it");
  return *found;
}

}  // namespace innernet::publicip
