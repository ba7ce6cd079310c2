// Requests as lines "FROM METHOD TARGET BODY" through a coordinator on a small network. Whatever comes: no crash, no 500, a state that
// parses, and a model that equals its database.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "innernet/json/json.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/testing/fake_clock.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace {

using namespace innernet;
using namespace innernet::server;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

template <class T>
T must(Result<T> result) {
  require(result.has_value(), result ? "" : result.error().message().c_str());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

wg::PublicKey key_of(std::uint8_t n) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  bytes.fill(n);
  return wg::PublicKey::from_bytes(bytes);
}

PeerContents peer(std::string_view name, std::string_view ip, CidrId cidr, std::uint8_t key, bool is_redeemed) {
  return {{.name = must(Hostname::parse(name)),
           .ip = must(IpAddress::parse(ip)),
           .cidr_id = cidr,
           .public_key = key_of(key),
           .is_admin = true,
           .is_redeemed = is_redeemed},
          {}};
}

/// On tmpfs where there is one: a commit syncs.
std::filesystem::path memory_folder() {
  const std::filesystem::path shm = "/dev/shm";
  if (std::filesystem::is_directory(shm)) ::setenv("TMPDIR", shm.c_str(), 1);
  return shm;
}

std::filesystem::path pristine(const std::filesystem::path& folder) {
  const auto path = folder / "pristine";
  must(Registry::create(path, {"evilcorp", must(IpNet::parse("10.42.0.0/16")), must(IpAddress::parse("10.42.0.1")), key_of(11),
                               must(Endpoint::parse("192.0.2.1:51820"))}));
  auto registry = must(Registry::open(path));
  must(registry.write([](Registry::Writer& writer) -> Result<void> {
    for (int n = 1; n <= 3; ++n)
      must(writer.add_cidr({"cidr" + std::to_string(n), must(IpNet::parse("10.42." + std::to_string(n) + ".0/24")), kRootCidr}));
    must(writer.add_peer(peer("admin", "10.42.1.1", CidrId{3}, 12, true)));
    must(writer.add_peer(peer("pending", "10.42.2.1", CidrId{4}, 13, false)));
    must(writer.add_association({CidrId{3}, CidrId{4}}));
    return {};
  }));
  must(registry.close());
  return path;
}

std::string_view word(std::string_view& line) {
  const std::string_view first = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), first.size() + 1));
  return first;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto memory = memory_folder();
  static const innernet::testing::TempDir folder;
  static const auto origin = pristine(folder.path());
  const auto path = folder / "network.db";
  // libFuzzer's alarm can interrupt it.
  std::error_code failure;
  do {
    std::filesystem::copy_file(origin, path, std::filesystem::copy_options::overwrite_existing, failure);
  } while (failure == std::errc::interrupted);
  if (failure) std::abort();

  const innernet::testing::FakeClock clock;
  Coordinator::Options options;
  options.server_key = key_of(11);
  options.clock = &clock;
  auto coordinator = must(Coordinator::open(path, options));
  must(coordinator.begin_turn());
  std::string_view text(static_cast<const char*>(static_cast<const void*>(data)), size);
  for (int lines = 0; !text.empty() && lines < 16; ++lines) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    Request request;
    request.source = must(IpAddress::parse(word(line) == "p" ? "10.42.2.1" : "10.42.1.1"));
    request.server_key = key_of(11).to_base64();
    request.method = word(line);
    request.target = word(line);
    request.body = line;
    request.body_kind = Request::Body::kWhole;
    request.accepts_delta = true;
    request.if_none_match = std::string(line.substr(0, 64));
    const auto outcome = coordinator.answer(request);
    if (const auto* response = std::get_if<Response>(&outcome)) require(response->status < 500, "no request is the server's fault");
  }
  must(coordinator.end_turn());
  must(coordinator.begin_turn());
  Request state;
  state.source = must(IpAddress::parse("10.42.1.1"));
  state.server_key = key_of(11).to_base64();
  state.method = "GET";
  state.target = "/v1/user/state";
  const auto outcome = coordinator.answer(state);
  const auto* response = std::get_if<Response>(&outcome);
  require(response != nullptr, "the state needs no lock");
  if (response->status == 200) must(parse_state(*response->body, [](std::string_view why) { require(false, std::string(why).c_str()); }));
  {
    const auto again = must(Registry::open(path));
    require(same_rows(again.network(), coordinator.network()), "the model equals its database");
  }
  must(coordinator.close());
  return 0;
}
