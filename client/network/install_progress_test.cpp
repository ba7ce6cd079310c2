#include "install_progress.hpp"

#include <gtest/gtest.h>

namespace innernet::client {
namespace {

Answer<void> failure(std::optional<int> status) { return std::unexpected(RequestError(Error(ErrorKind::kSystem, "no"), status)); }

TEST(InstallProgress, OnlyA4xxIsARefusal) {
  EXPECT_EQ(redeeming_of({}, true), Redeeming::kDone);
  EXPECT_EQ(redeeming_of(failure(std::nullopt), false), Redeeming::kNotAsked);
  EXPECT_EQ(redeeming_of(failure(std::nullopt), true), Redeeming::kUnknown) << "no answer";
  for (const int status : {400, 401, 404, 413, 429}) EXPECT_EQ(redeeming_of(failure(status), true), Redeeming::kRefused) << status;
  for (const int status : {200, 304, 500, 502, 503}) EXPECT_EQ(redeeming_of(failure(status), true), Redeeming::kUnknown) << status;
}

TEST(InstallProgress, AFailureRemovesNoKeyThatTheServerMayKnow) {
  const struct {
    bool has_config, asked_before, made_interface;
    Redeeming redeeming;
    CleanUp expected;
  } cases[] = {
      {false, false, false, Redeeming::kNotAsked, {.removes_interface = false, .removes_pending_file = true}},
      {false, false, true, Redeeming::kNotAsked, {.removes_interface = true, .removes_pending_file = true}},
      {false, false, true, Redeeming::kRefused, {.removes_interface = true, .removes_pending_file = true}},
      {false, false, true, Redeeming::kUnknown, {.removes_interface = true, .removes_pending_file = false}},
      {false, false, true, Redeeming::kDone, {.removes_interface = true, .removes_pending_file = false}},
      // Going on with an earlier one's key.
      {false, true, false, Redeeming::kNotAsked, {.removes_interface = false, .removes_pending_file = false}},
      {false, true, true, Redeeming::kNotAsked, {.removes_interface = true, .removes_pending_file = false}},
      {false, true, true, Redeeming::kRefused, {.removes_interface = true, .removes_pending_file = false}},
      {false, true, true, Redeeming::kUnknown, {.removes_interface = true, .removes_pending_file = false}},
      {false, true, true, Redeeming::kDone, {.removes_interface = true, .removes_pending_file = false}},
      // Installed, all but the end.
      {true, false, true, Redeeming::kNotAsked, {}},
      {true, false, false, Redeeming::kRefused, {}},
  };
  for (const auto& c : cases) {
    const CleanUp got = clean_up_after(
        {.has_config = c.has_config, .asked_before = c.asked_before, .made_interface = c.made_interface, .redeeming = c.redeeming});
    EXPECT_EQ(got, c.expected) << "config " << c.has_config << ", asked_before " << c.asked_before << ", interface " << c.made_interface
                               << ", redeeming " << static_cast<int>(c.redeeming);
  }
}

}  // namespace
}  // namespace innernet::client
