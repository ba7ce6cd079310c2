#include "failure.hpp"

#include <gtest/gtest.h>

namespace innernet::server::db::postgresql {
namespace {

TEST(Failure, KindsSayWhatCanBeDone) {
  const struct {
    const char* sqlstate;
    ErrorKind kind;
  } cases[] = {
      {"23505", ErrorKind::kInvalidInput},
      {"23503", ErrorKind::kInvalidInput},
      {"22P02", ErrorKind::kInvalidInput},
      {"22021", ErrorKind::kInvalidInput},
      {"55P03", ErrorKind::kBusy},
      {"40001", ErrorKind::kBusy},
      {"40P01", ErrorKind::kBusy},
      {"57014", ErrorKind::kBusy},
      {"28P01", ErrorKind::kPermission},
      {"28000", ErrorKind::kPermission},
      {"42501", ErrorKind::kPermission},
      {"25006", ErrorKind::kUnreachable},
      {"57P01", ErrorKind::kUnreachable},
      {"57P02", ErrorKind::kUnreachable},
      {"57P03", ErrorKind::kUnreachable},
      {"57P05", ErrorKind::kUnreachable},
      {"25P03", ErrorKind::kUnreachable},
      {"08006", ErrorKind::kUnreachable},
      {"08P01", ErrorKind::kSystem},
      {"3D000", ErrorKind::kNotFound},
      {"53100", ErrorKind::kSystem},
      {"53300", ErrorKind::kSystem},
      {"25P02", ErrorKind::kSystem},
      {"42P01", ErrorKind::kSystem},
      {"", ErrorKind::kSystem},
  };
  for (const auto& [sqlstate, kind] : cases) EXPECT_EQ(kind_of_sqlstate(sqlstate), kind) << sqlstate;
}

TEST(Failure, IsOneLineThatATerminalOnlyShows) {
  EXPECT_EQ(one_line("server closed the connection unexpectedly\n\tThis probably means\n\tthat.\n"),
            "server closed the connection unexpectedly This probably means that.");
  EXPECT_EQ(one_line("a failed: x\nb failed: y\n"), "a failed: x; b failed: y");
  EXPECT_EQ(one_line("\x1b[2J\r\n\n  "), "\\x1b[2J");
  EXPECT_EQ(one_line(""), "");
  EXPECT_EQ(one_line(std::string(400, 'a')), std::string(400, 'a'));
  EXPECT_EQ(one_line(std::string(399, 'a') + "ü"), std::string(399, 'a') + "…");
}

TEST(Failure, CodeIsFoundInAVerboseError) {
  constexpr auto kSaid =
      "connection to server at \"a\", port 1 failed: FATAL:  57P03: the database system is starting up\n"
      "connection to server at \"b\", port 2 failed: FATAL:  28P01: password authentication failed for user \"u\"\n"
      "LOCATION:  auth_failed, auth.c:326\n";
  EXPECT_EQ(sqlstate_in(kSaid), "28P01");
  EXPECT_EQ(sqlstate_in("FATAL:  the database system is starting up"), "");
  EXPECT_EQ(sqlstate_in("FATAL:  28P01"), "");
  EXPECT_EQ(sqlstate_in(""), "");
  EXPECT_TRUE(is_of_server(kSaid));
  EXPECT_FALSE(is_of_server("connection to server at \"a\", port 1 failed: Connection refused"));
}

}  // namespace
}  // namespace innernet::server::db::postgresql
