#include "testing/history.hpp"

#include <gtest/gtest.h>

#include <random>

namespace innernet::server {
namespace {

using namespace testing;

// The same driver as of fuzz/api_history.cpp, which finds sequences of its own.
TEST(History, IsAnsweredAsTheOracleSaysAndKeepsThePromises) {
  constexpr unsigned kHistories = 200;
  const TempDir folder(TempDir::memory());
  make_database(folder / "pristine", {});
  History::Counts all;
  for (unsigned seed = 1; seed <= kHistories; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::uint8_t> bytes(2000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    try {
      const auto counts = History(Choices(bytes), folder / "pristine", folder / "network.db").play(80);
      all.requests += counts.requests;
      all.states += counts.states;
      all.reopened += counts.reopened;
      for (const auto& [status, count] : counts.statuses) all.statuses[status] += count;
    } catch (const std::logic_error& broken) {
      FAIL() << "seed " << seed << ": " << broken.what();
    }
  }
  for (const unsigned status : {200U, 201U, 204U, 400U, 401U, 404U, 413U}) EXPECT_GT(all.statuses[status], 20) << status;
  EXPECT_GT(all.requests, 10'000);
  RecordProperty("histories", static_cast<int>(kHistories));
  RecordProperty("requests", all.requests);
  RecordProperty("states", all.states);
  RecordProperty("databases", all.reopened);
  fmt::print("{} histories, {} requests, {} states, {} databases\n", kHistories, all.requests, all.states, all.reopened);
}

}  // namespace
}  // namespace innernet::server
