// Time of writing and reading a network's JSON: bench/json [PEERS] (10,000). Prints milliseconds of CPU, the least of some rounds.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <functional>

#include "innernet/json/json.hpp"

namespace {

using namespace innernet;  // NOLINT(google-build-using-namespace): a program

double cpu_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void measure(const char* what, int rounds, const std::function<std::size_t()>& work) {
  double least = 1e9;
  std::size_t bytes = 0;
  for (int i = 0; i < rounds; ++i) {
    const double start = cpu_milliseconds();
    bytes = work();
    least = std::min(least, cpu_milliseconds() - start);
  }
  fmt::print("{:<23} {:8.2f} ms  {:>9} bytes\n", what, least, bytes);
}

State sample(std::size_t peers) {
  State state;
  for (std::int64_t i = 1; i <= 200; ++i)
    state.cidrs.push_back({{fmt::format("cidr{}", i), *IpNet::parse(fmt::format("10.{}.0.0/16", i)), CidrId{1}}, CidrId{i}});
  for (std::size_t i = 0; i < peers; ++i) {
    std::array<std::uint8_t, 32> key{};
    key[0] = 1;
    for (std::size_t byte = 0; byte < 4; ++byte) key[byte + 1] = static_cast<std::uint8_t>(i >> (8 * byte));
    state.peers.push_back({PeerContents{{.name = *Hostname::parse(fmt::format("peer{}", i)),
                                         .ip = *IpAddress::parse(fmt::format("10.{}.{}.{}", 1 + i / 65536, i / 256 % 256, i % 256)),
                                         .cidr_id = CidrId{static_cast<std::int64_t>(1 + i % 200)},
                                         .public_key = wg::PublicKey::from_bytes(key),
                                         .is_redeemed = true},
                                        {.endpoint = *Endpoint::parse(fmt::format("198.51.{}.{}:51820", i / 256 % 256, i % 256)),
                                         .persistent_keepalive_interval = kPersistentKeepalive,
                                         .candidates = {*Endpoint::parse(fmt::format("192.168.{}.{}:51820", i / 256 % 256, i % 256))}}},
                           PeerId{static_cast<std::int64_t>(i + 1)}});
  }
  return state;
}

}  // namespace

int main(int argc, char** argv) {
  const State state = sample(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 15;
  std::string body;
  append_json(body, state);
  const std::string store = data_store_to_json(state);
  measure("write a state", rounds, [&] {
    std::string out;
    append_json(out, state);
    return out.size();
  });
  measure("read a state", rounds, [&] {
    if (!parse_state(body, {})) std::abort();
    return body.size();
  });
  measure("write a data store", rounds, [&] { return data_store_to_json(state).size(); });
  measure("read a data store", rounds, [&] {
    if (!parse_data_store(store, {})) std::abort();
    return store.size();
  });
}
