// make_network FOLDER [PEERS [CIDRS [ASSOCIATIONS [ENDPOINT]]]]: a network of the size that performance figures are about, in the files of
// a server (etc/ and lib/ in FOLDER). The same arguments give the same network, but for its keys' use: they belong to nobody. Prints, a
// line each, what the drivers need: the server's address, port and key, and the address of a peer that sees few others and of one that sees
// all.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "innernet/base/file.hpp"
#include "innernet/config/config.hpp"
#include "innernet/server/registry.hpp"

namespace innernet {
namespace {

using server::Registry;

constexpr std::uint16_t kPort = 51820;

// 10.C.0.0/16 for the CIDR number C, from 1 on; the server is 10.0.0.1.
IpAddress address(unsigned cidr, unsigned host) {
  const std::array<std::uint8_t, 4> bytes{10, static_cast<std::uint8_t>(cidr), static_cast<std::uint8_t>(host >> 8),
                                          static_cast<std::uint8_t>(host)};
  return IpAddress::v4(bytes);
}

wg::PublicKey random_key(std::mt19937_64& random) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return wg::PublicKey::from_bytes(bytes);
}

Result<void> fill(Registry& registry, unsigned peers, unsigned cidrs, unsigned associations) {
  std::mt19937_64 random(20'261'122);
  std::vector<CidrId> leaves;
  TRY_VOID(registry.write([&](Registry::Writer& writer) -> Result<void> {
    for (unsigned c = 1; c <= cidrs; ++c) {
      TRY(const auto net, IpNet::make(address(c, 0), 16));
      TRY(const auto cidr, writer.add_cidr({.name = fmt::format("group-{}", c), .cidr = net, .parent = kRootCidr}));
      leaves.push_back(cidr.id);
    }
    // The first CIDR sees everything; the second a bounded few, however many there are.
    TRY_VOID(writer.add_association({leaves[0], kRootCidr}));
    for (unsigned i = 2; i <= 8 && i < cidrs; ++i) TRY_VOID(writer.add_association({leaves[1], leaves[i]}));
    for (unsigned made = 8; made < associations;) {
      const CidrId a = leaves[2 + random() % (cidrs - 2)], b = leaves[2 + random() % (cidrs - 2)];
      if (a == b || registry.network().find_association(a, b) != nullptr) continue;
      TRY_VOID(writer.add_association({a, b}));
      ++made;
    }
    for (unsigned i = 0; i < peers - 1; ++i) {
      const unsigned cidr = i % cidrs;
      const auto outside = [&random] {
        return fmt::format("{}.{}.{}.{}:{}", 11 + random() % 100, random() % 256, random() % 256, 1 + random() % 254,
                           1024 + random() % 60'000);
      };
      TRY(const auto name, Hostname::parse(fmt::format("host-{:06}", i)));
      TRY(const auto endpoint, Endpoint::parse(outside()));
      TRY(const auto candidate, Endpoint::parse(outside()));
      TRY_VOID(writer.add_peer(
          {{.name = name,
            .ip = address(cidr + 1, i / cidrs + 1),
            .cidr_id = leaves[cidr],
            .public_key = random_key(random),
            .is_admin = cidr == 0,
            .is_redeemed = true,
            .invite_expires = UnixTime{1'795'363'000 + i, 0}},
           {.endpoint = endpoint, .persistent_keepalive_interval = kPersistentKeepalive, .candidates = {endpoint, candidate}}}));
    }
    return {};
  }));
  return registry.close();
}

Result<void> make(const std::filesystem::path& folder, unsigned peers, unsigned cidrs, unsigned associations, std::string_view external) {
  ServerConfig config;
  config.private_key = wg::PrivateKey::generate();
  config.listen_port = kPort;
  config.address = address(0, 1);
  config.network_cidr_prefix = 8;
  TRY(const auto net, IpNet::make(address(0, 0), 8));
  TRY(const auto endpoint, Endpoint::parse(external));
  TRY_VOID(make_private_folder(folder));
  for (const char* part : {"etc", "lib"}) TRY_VOID(make_private_folder(folder / part));
  TRY_VOID(create_file(folder / "etc" / "bench.conf", config.to_toml().reveal()));
  const auto database = folder / "lib" / "bench.db";
  TRY_VOID(Registry::create(database, {"bench", net, config.address, config.private_key.public_key(), endpoint}));
  TRY(auto registry, Registry::open(database));
  TRY_VOID(fill(registry, peers, cidrs, associations));
  fmt::print("server {}\nport {}\nkey {}\nall {}\nfew {}\n", config.address.to_string(), kPort, config.private_key.public_key().to_base64(),
             address(1, 1).to_string(), address(2, 1).to_string());
  return {};
}

}  // namespace
}  // namespace innernet

int main(int argc, char** argv) {
  const auto number = [&](int index, unsigned otherwise) {
    return argc > index ? static_cast<unsigned>(std::strtoul(argv[index], nullptr, 10)) : otherwise;
  };
  const unsigned peers = number(2, 10'000), cidrs = number(3, 198), associations = number(4, 500);
  if (argc < 2 || cidrs < 3 || cidrs > 255 || peers < cidrs * 2 || peers > cidrs * 65'000 || associations > cidrs * cidrs / 4) {
    fmt::print(stderr, "usage: make_network FOLDER [PEERS [CIDRS [ASSOCIATIONS [ENDPOINT]]]]\n");
    return 2;
  }
  if (const auto made = innernet::make(argv[1], peers, cidrs, associations, argc > 5 ? argv[5] : "192.0.2.1:51820"); !made) {
    fmt::print(stderr, "make_network: {}\n", made.error().message());
    return 1;
  }
  return 0;
}
