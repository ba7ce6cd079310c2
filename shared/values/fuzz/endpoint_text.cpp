// Endpoints, names and times as people type them.
#include <cstdint>
#include <cstdlib>

#include "innernet/values/endpoint.hpp"
#include "innernet/values/hostname.hpp"
#include "innernet/values/timestring.hpp"

using namespace innernet;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto endpoint = Endpoint::parse(text)) {
    const std::string printed = endpoint->to_string();
    require(Endpoint::parse(printed) == *endpoint);
    require(printed.size() <= 254 + 6);
    // No byte that JSON or TOML would have to escape: writers rely on it.
    for (const char c : printed) require(c > ' ' && c < '\x7f' && c != '"' && c != '\\');
  }
  if (const auto name = Hostname::parse(text))
    require(name->str() == text && Endpoint::parse(name->str() + ":1").has_value() != (text.front() >= '0' && text.front() <= '9'));
  if (const auto time = parse_timestring(text)) require(time->count() >= 0);
  return 0;
}
