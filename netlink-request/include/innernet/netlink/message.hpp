#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "innernet/base/wiping_allocator.hpp"

namespace innernet::netlink {

// The message format of netlink(7), as bytes. In a datagram: messages of a header (nlmsghdr), a header of the family and
// attributes (nlattr), each aligned to 4 bytes, numbers in host byte order.

using Bytes = std::span<const std::uint8_t>;

/// A message under construction. It may hold keys, so its memory is wiped.
class Message {
 public:
  explicit Message(std::uint16_t type, std::uint16_t flags = 0);

  /// The family's header; goes before all attributes.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void put_header(const T& header) {
    append(&header, sizeof header);
  }

  void put(std::uint16_t type, Bytes payload) { put_raw(type, payload.data(), payload.size()); }
  void put_u8(std::uint16_t type, std::uint8_t value) { put_value(type, value); }
  void put_u16(std::uint16_t type, std::uint16_t value) { put_value(type, value); }
  void put_u32(std::uint16_t type, std::uint32_t value) { put_value(type, value); }
  void put_u64(std::uint16_t type, std::uint64_t value) { put_value(type, value); }
  /// With its terminating NUL.
  void put_string(std::uint16_t type, std::string_view text);
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void put_value(std::uint16_t type, const T& value) {
    put_raw(type, &value, sizeof value);
  }

  /// Attributes put until the matching end_nested() are inside of this one.
  [[nodiscard]] std::size_t begin_nested(std::uint16_t type);
  void end_nested(std::size_t start);

  std::size_t size() const { return bytes_.size(); }
  /// False when an attribute was longer than its 16-bit length can say. Such a message must not be sent.
  bool well_formed() const { return well_formed_; }

  void add_flags(std::uint16_t flags);
  /// Stamps length and sequence number. The bytes are valid until the message changes.
  Bytes finish(std::uint32_t sequence);

 private:
  void put_raw(std::uint16_t type, const void* data, std::size_t size);
  void append(const void* data, std::size_t size);

  WipedBytes bytes_;
  bool well_formed_ = true;
};

/// A received attribute; points into the datagram.
struct Attribute {
  std::uint16_t type = 0;  ///< without NLA_F_NESTED and NLA_F_NET_BYTEORDER
  Bytes payload;

  /// The number that the payload consists of; none when it has another size.
  std::optional<std::uint8_t> u8() const { return value<std::uint8_t>(); }
  std::optional<std::uint16_t> u16() const { return value<std::uint16_t>(); }
  std::optional<std::uint32_t> u32() const { return value<std::uint32_t>(); }
  std::optional<std::uint64_t> u64() const { return value<std::uint64_t>(); }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  std::optional<T> value() const {
    if (payload.size() != sizeof(T)) return std::nullopt;
    T out;
    __builtin_memcpy(&out, payload.data(), sizeof out);
    return out;
  }
  /// Up to the first NUL, or all of it.
  std::string_view text() const;
};

/// Walks over attributes: `while (auto attribute = reader.next())`, then `well_formed()` says whether the end was the end.
class AttributeReader {
 public:
  explicit AttributeReader(Bytes bytes) : rest_(bytes) {}

  std::optional<Attribute> next();
  bool well_formed() const { return well_formed_; }

 private:
  Bytes rest_;
  bool well_formed_ = true;
};

/// A received message; points into the datagram.
struct MessageView {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  Bytes payload;  ///< family header and attributes

  /// The family's header; none when the message is too short.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  std::optional<T> header() const {
    if (payload.size() < sizeof(T)) return std::nullopt;
    T out;
    __builtin_memcpy(&out, payload.data(), sizeof out);
    return out;
  }
  /// What follows a family header of this size; none (no attribute) when the message is too short.
  AttributeReader attributes_after(std::size_t header_size) const;
};

/// Walks over the messages of a datagram, as AttributeReader does.
class MessageReader {
 public:
  explicit MessageReader(Bytes datagram) : rest_(datagram) {}

  std::optional<MessageView> next();
  bool well_formed() const { return well_formed_; }

 private:
  Bytes rest_;
  bool well_formed_ = true;
};

}  // namespace innernet::netlink
