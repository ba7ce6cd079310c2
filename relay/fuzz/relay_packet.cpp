// A history of packets to a relay with two registered members and one that may still register: each a byte that says from where, when, and
// whose mac1 to put in, a byte for the size, and so many bytes. Some are genuine: a handshake of the third member's, and a message of its
// session with these bytes in it, which may be a question. Whatever they are, there is one packet out for one in, never a larger one,
// and only to where somebody registered is, or to where packets came from.
#include <cstdint>
#include <cstdlib>
#include <set>

#include "engine_world.hpp"
#include "mac.hpp"

namespace {

using namespace innernet;
using namespace innernet::relay;

constexpr std::uint8_t kHosts = 4;

void put_mac1(Bytes& bytes, const wg::PublicKey& key) {
  if (bytes.size() != kInitiationSize) return;
  const Mac made = mac(mac1_key(key), ByteView(bytes).first(116));
  std::copy(made.begin(), made.end(), bytes.begin() + 116);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world({}, 3);
  for (std::uint8_t i = 0; i < 2; ++i)
    if (!world.enlist(i, address(i))) std::abort();
  std::set<SocketAddress> said{address(0), address(1)};
  bool has_session = false;
  std::span<const std::uint8_t> rest(data, size);
  while (rest.size() >= 2) {
    const std::uint8_t how = rest[0];
    const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
    Bytes bytes(rest.begin() + 2, rest.begin() + 2 + static_cast<std::ptrdiff_t>(length));
    rest = rest.subspan(2 + length);

    const SocketAddress from = address(how % kHosts);
    static constexpr int kSeconds[] = {0, 0, 1, 181};
    world.pass(std::chrono::seconds(kSeconds[how >> 2U & 3U]));
    const unsigned kind = how >> 6U;
    if (kind == 1)
      bytes = world.hello(2);
    else if (kind == 2 && has_session)
      bytes = world.peers[2].message(bytes);
    else if (const unsigned whose = how >> 4U & 3U; whose == 1)
      put_mac1(bytes, world.engine.public_key());
    else if (whose > 1)
      put_mac1(bytes, world.peers[whose - 2].key());
    said.insert(from);
    const auto sent = world.send(from, bytes);
    if (kind == 1 && sent) has_session = world.peers[2].accept(sent->bytes) || has_session;
    if (sent && (sent->bytes.size() > bytes.size() || !said.contains(sent->to))) std::abort();
    if (how >= 0xF0) world.set_membership({0, how & 1U ? 1U : 2U}, {{0, 1}, {0, 2}});
  }
  const Snapshot snapshot = world.snapshot();
  if (snapshot.members.size() > world.peers.size() || snapshot.counters.passed_on > snapshot.counters.received) std::abort();
  return 0;
}
