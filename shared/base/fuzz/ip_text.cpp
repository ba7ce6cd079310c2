// Text from anywhere as address, CIDR, socket address and interface name: what is taken prints as text that reads back
// as the same value, and a CIDR holds its own ends.
#include <cstdint>
#include <cstdlib>

#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"

namespace {

void check(bool good) {
  if (!good) std::abort();
}

template <class T>
void round_trip(std::string_view text) {
  if (const auto value = T::parse(text)) check(T::parse(value->to_string()) == *value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  round_trip<IpAddress>(text);
  round_trip<IpNet>(text);
  round_trip<SocketAddress>(text);
  if (const auto net = IpNet::parse(text)) {
    check(net->contains(net->network()) && net->contains(net->broadcast()) && net->contains(net->address()));
    check(net->is_assignable(net->first_assignable()) && net->is_assignable(net->last_assignable()));
    const auto behind = net->broadcast().plus(1);
    check(!behind || !net->contains(*behind));
  }
  if (const auto name = InterfaceName::parse(text)) check(name->str() == text && text.size() <= 15 && !text.empty());
  for (const char c : quoted(text)) check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  return 0;
}
