#pragma once

#include <memory>
#include <string_view>

#include "innernet/base/wiping_allocator.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::wg {

// The text protocol of userspace implementations (https://www.wireguard.com/xplatform/) as values; no I/O.

constexpr std::string_view kUapiGet = "get=1\n\n";

/// The request that brings the update to a device. It holds the keys.
WipedString encode_uapi_set(const DeviceUpdate& update);

/// The errno that an answer reports: 0 is success. Some implementations report it negated; here it is positive.
struct UapiStatus {
  int code = 0;
};

/// What `get=1` is answered, read as it comes: ten thousand peers are some 4 MB of text. Fails with kSystem when the implementation
/// reports an error and when the answer is not the protocol's: no line says what was expected, a number is out of range, a peer stands
/// in it twice, the end is missing or something follows it. Keys that we don't know are skipped. Messages never show a value.
class UapiGetReader {
 public:
  explicit UapiGetReader(const InterfaceName& name);
  UapiGetReader(UapiGetReader&&) noexcept;
  ~UapiGetReader();

  /// Takes the whole lines at the beginning of `text` and returns how many bytes they are. What is left has to come again, with more.
  Result<std::size_t> take(std::string_view text);
  /// When all has been taken.
  Result<Device> finish() &&;

 private:
  class Lines;
  std::unique_ptr<Lines> lines_;
};

/// The same of an answer that is there as a whole.
Result<Device> decode_uapi_get(const InterfaceName& name, std::string_view answer);

/// What `set=1` was answered; fails when that is not the protocol's.
Result<UapiStatus> decode_uapi_set(std::string_view answer);

/// Whether the text ends as each answer does.
bool is_whole_uapi_answer(std::string_view text);

}  // namespace innernet::wg
