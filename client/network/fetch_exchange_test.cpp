#include "fetch_round.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <ctime>
#include <fstream>
#include <future>

#include "fetch_test.hpp"
#include "innernet/client/nudge.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

// What client and server tell each other of what both know already.

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(FetchTest, CandidatesAreReportedWhenTheyDifferAndAFailureIsAWarning) {
  fake.addresses = {ip("192.0.2.50")};
  for (const int status : {204, 404, 500}) {
    put_status = status;
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(round());
    const std::string said = ::testing::internal::GetCapturedStderr();
    if (status == 404) {
      EXPECT_THAT(said, HasSubstr("too old"));
    }
  }
  EXPECT_EQ(server.count("PUT", "/v1/user/candidates"), 3U);
  EXPECT_EQ(server.requests().back().body, R"(["192.0.2.50:40000"])");
}

TEST_F(FetchTest, ADaemonReportsItsCandidatesAgainWhenAServerThatHadEnoughHasSaidItMay) {
  fake.addresses = {ip("192.0.2.50")};
  special = [this](const Request& request) -> std::optional<Reply> {
    if (request.method != "PUT" || put_status != 429) return std::nullopt;
    return answer(429, {}, "Retry-After: 30\r\n");
  };
  put_status = 429;
  FetchMemory memory;
  ASSERT_TRUE(round(memory, Caller::kUp));
  const auto puts = [this] { return server.count("PUT", "/v1/user/candidates"); };
  EXPECT_EQ(puts(), 1U);
  put_status = 204;
  fake.wait.clock_.advance(std::chrono::seconds(29));
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(puts(), 1U);
  fake.wait.clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(puts(), 2U);
}

TEST_F(FetchTest, AReportThatWasInterruptedIsMadeAgainWithoutAWord) {
  fake.addresses = {ip("192.0.2.50")};
  FetchMemory memory;
  Nudge interrupt = *Nudge::create();
  memory.interrupt_fd = interrupt.fd();
  std::promise<void> interrupted;
  special = [&](const Request& request) -> std::optional<Reply> {
    if (request.method != "PUT") return std::nullopt;
    interrupt.give();
    interrupted.get_future().wait();
    return answer(204);
  };
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("[!]")));
  interrupt.take();
  {
    interrupted.set_value();
    const std::lock_guard lock(mutex);
    special = {};
  }
  EXPECT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(server.count("PUT", "/v1/user/candidates"), 2U);
}

TEST_F(FetchTest, AnOldServerIsAskedPlainly) {
  special = [](const Request& request) -> std::optional<Reply> {
    if (request.target == "/v1/user/capabilities") return answer(404);
    return std::nullopt;
  };
  FetchMemory memory;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(round(memory, Caller::kDaemon));
  for (const Request& request : server.requests()) EXPECT_FALSE(request.has("If-None-Match"));
}

TEST_F(FetchTest, A304RunsTheLocalPartAndAFreshInterfaceAsksForAll) {
  capabilities = R"({"state_etag":true,"state_delta":true,"state_wait_max":300})";
  FetchMemory memory;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  fake.backend.change_device(evilcorp(), [](wg::Device& device) { device.peers.pop_back(); });
  std::filesystem::remove(options.hosts.path);
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_TRUE(server.requests().back().has("If-None-Match"));
  EXPECT_EQ(device().peers.size(), 2U);
  EXPECT_THAT(hosts(), HasSubstr("bob"));
  ASSERT_TRUE(fake.backend.remove(evilcorp()));
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_FALSE(server.requests().back().has("If-None-Match"));
  fake.backend.change_device(evilcorp(), [](wg::Device& device) { device.peers.pop_back(); });
  fake.backend.fails = true;
  EXPECT_FALSE(round(memory, Caller::kDaemon));
  fake.backend.fails = false;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_FALSE(server.requests().back().has("If-None-Match")) << "what was not applied is no base";
}

TEST_F(FetchTest, FetchesOfTheirOwnShareAnEtagAndNothingNewIsNotSentAgain) {
  ASSERT_TRUE(round());
  fake.backend.change_device(evilcorp(), [](wg::Device& device) { device.peers.pop_back(); });
  ASSERT_TRUE(round());
  EXPECT_TRUE(server.requests().back().has("If-None-Match"));
  EXPECT_EQ(device().peers.size(), 2U) << "as the data store says";
  state.peers.erase(state.peers.begin() + 2);
  ASSERT_TRUE(round());
  EXPECT_EQ(device().peers.size(), 1U);
  ASSERT_TRUE(round());
  EXPECT_TRUE(server.requests().back().has("If-None-Match"));
  EXPECT_EQ(device().peers.size(), 1U) << "who is gone does not come back from the data store";
  EXPECT_THAT(hosts(), Not(HasSubstr("bob")));
}

TEST_F(FetchTest, ASavedEtagCountsForTheVeryFilesOnly) {
  const auto store = options.folders.data_store(evilcorp());
  const auto etag = etag_file(options.folders, evilcorp());
  const struct {
    const char* what;
    std::function<void()> change;
  } changes[] = {
      {"the data store is written again", [&] { ASSERT_TRUE(replace_file(store, *read_file(store))); }},
      {"the data store is edited in place", [&] { std::ofstream(store, std::ios::app) << ' '; }},
      {"the data store is removed", [&] { ASSERT_TRUE(remove_file(store)); }},
      {"the config is written again", [&] { write(config()); }},
      {"the ETag would break out of its field", [&] { std::ofstream(etag, std::ios::in) << read_file(etag)->substr(0, 20) << "\r\nX: "; }},
      {"the ETag is cut off", [&] { std::filesystem::resize_file(etag, std::filesystem::file_size(etag) - 1); }},
      {"the ETag is removed", [&] { ASSERT_TRUE(remove_file(etag)); }},
  };
  for (const auto& c : changes) {
    ASSERT_TRUE(round());
    ASSERT_TRUE(round());
    EXPECT_TRUE(server.requests().back().has("If-None-Match")) << "before " << c.what;
    c.change();
    ASSERT_TRUE(round());
    EXPECT_FALSE(server.requests().back().has("If-None-Match")) << c.what;
  }
}

TEST_F(FetchTest, AnEtagIsNotSavedForRelaysThatAreNot) {
  const auto relays = relays_file(options.folders, evilcorp());
  std::filesystem::create_directory(relays);
  ASSERT_TRUE(round());
  EXPECT_FALSE(std::filesystem::exists(etag_file(options.folders, evilcorp())));
  ASSERT_TRUE(round());
  EXPECT_FALSE(server.requests().back().has("If-None-Match"));
  std::filesystem::remove(relays);
  ASSERT_TRUE(round());
  EXPECT_TRUE(std::filesystem::exists(etag_file(options.folders, evilcorp())));
}

TEST_F(FetchTest, AServerWithoutEtagsLeavesNone) {
  ASSERT_TRUE(round());
  EXPECT_TRUE(std::filesystem::exists(etag_file(options.folders, evilcorp())));
  special = [&](const Request&) { return answer(200, to_json(state)); };
  ASSERT_TRUE(round());
  ASSERT_TRUE(round());
  EXPECT_FALSE(server.requests().back().has("If-None-Match"));
  EXPECT_FALSE(std::filesystem::exists(etag_file(options.folders, evilcorp())));
}

TEST_F(FetchTest, AnOverrideThatIsTakenBackDoesNotLiveOnInTheCache) {
  InterfaceConfig overridden = config();
  overridden.peer_endpoint_overrides.emplace(ip("10.66.1.3"), endpoint("203.0.113.9:9"));
  write(overridden);
  ASSERT_TRUE(round());
  EXPECT_EQ(device().peers.back().endpoint, *SocketAddress::parse("203.0.113.9:9"));
  write(config());
  ASSERT_TRUE(round());
  EXPECT_EQ(device().peers.back().endpoint, *SocketAddress::parse("192.0.2.3:7"));
}

TEST_F(FetchTest, ADeltaIsAppliedToWhatWasThere) {
  capabilities = R"({"state_etag":true,"state_delta":true})";
  FetchMemory memory;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  special = [&](const Request& request) -> std::optional<Reply> {
    if (!request.has("A-IM: innernet")) return std::nullopt;
    return answer(226, fmt::format(R"({{"peers":[{}],"gone":[3]}})", to_json(peer(4, "carol", "10.66.1.4", new_key()))),
                  "IM: innernet\r\nETag: \"2\"\r\n");
  };
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(memory.etag, "\"2\"");
  EXPECT_THAT(hosts(), HasSubstr("carol"));
  EXPECT_THAT(hosts(), Not(HasSubstr("bob")));
  EXPECT_EQ(device().peers.size(), 2U);
}

// Prints what a fetch costs; the promise is checked against the original by the benchmarks, not here.
TEST_F(FetchTest, TenThousandPeersAreFetchedAndThenNothingIsNew) {
  while (state.peers.size() < 10'000) {
    const auto n = state.peers.size();
    state.peers.push_back(
        peer(static_cast<std::int64_t>(n + 1), fmt::format("peer-{}", n), fmt::format("10.66.{}.{}", 2 + n / 250, 1 + n % 250), new_key()));
    state.peers.back().endpoint = endpoint(fmt::format("192.0.{}.{}:51820", n / 250, n % 250));
  }
  const std::string body = to_json(state);
  special = [&](const Request& request) -> std::optional<Reply> {
    if (request.target == "/v1/user/state") return answer(200, body);
    return std::nullopt;
  };
  const auto cpu = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
  };
  ::testing::internal::CaptureStderr();
  double before = cpu();
  ASSERT_TRUE(round());
  const double all_new = cpu() - before;
  before = cpu();
  ASSERT_TRUE(round());
  const double nothing_new = cpu() - before;
  ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(device().peers.size(), 9'999U);
  RecordProperty("all_new_ms", fmt::format("{:.1f}", all_new));
  RecordProperty("nothing_new_ms", fmt::format("{:.1f}", nothing_new));
  fmt::print("CPU of a fetch of 10,000 peers: all new {:.1f} ms, nothing new {:.1f} ms\n", all_new, nothing_new);
}

}  // namespace
}  // namespace innernet::client
