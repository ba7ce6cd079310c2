#include "libpq.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <postgresql/libpq-fe.h>

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>

#include "innernet/config/database_url.hpp"

namespace innernet::server::db::postgresql {
namespace {

using ::testing::HasSubstr;

/// A type of libpq-fe.h as we declare it.
template <class T>
struct Ours {
  using type = T;
};
template <class T>
  requires std::is_enum_v<T>
struct Ours<T> {
  using type = std::underlying_type_t<T>;
};
template <>
struct Ours<PGnotify*> {
  using type = Notification*;
};

template <class F>
struct OursOfFunction;
template <class R, class... A>
struct OursOfFunction<R(A...)> {
  using type = typename Ours<R>::type (*)(typename Ours<A>::type...);
};

// `extern "C"` is no part of a function's type in g++ and clang.
#define EXPECT_SAME_FUNCTION(name) \
  static_assert(std::is_same_v<decltype(Libpq::name), OursOfFunction<decltype(::name)>::type>, #name " is declared otherwise")
EXPECT_SAME_FUNCTION(PQconninfoParse);
EXPECT_SAME_FUNCTION(PQconninfoFree);
EXPECT_SAME_FUNCTION(PQconnectdbParams);
EXPECT_SAME_FUNCTION(PQreset);
EXPECT_SAME_FUNCTION(PQfinish);
EXPECT_SAME_FUNCTION(PQstatus);
EXPECT_SAME_FUNCTION(PQconnectionNeedsPassword);
EXPECT_SAME_FUNCTION(PQtransactionStatus);
EXPECT_SAME_FUNCTION(PQserverVersion);
EXPECT_SAME_FUNCTION(PQbackendPID);
EXPECT_SAME_FUNCTION(PQsocket);
EXPECT_SAME_FUNCTION(PQerrorMessage);
EXPECT_SAME_FUNCTION(PQsetErrorVerbosity);
EXPECT_SAME_FUNCTION(PQsetNoticeProcessor);
EXPECT_SAME_FUNCTION(PQsendQuery);
EXPECT_SAME_FUNCTION(PQsendPrepare);
EXPECT_SAME_FUNCTION(PQsendQueryPrepared);
EXPECT_SAME_FUNCTION(PQsetSingleRowMode);
EXPECT_SAME_FUNCTION(PQconsumeInput);
EXPECT_SAME_FUNCTION(PQisBusy);
EXPECT_SAME_FUNCTION(PQgetResult);
EXPECT_SAME_FUNCTION(PQresultStatus);
EXPECT_SAME_FUNCTION(PQresultErrorField);
EXPECT_SAME_FUNCTION(PQclear);
EXPECT_SAME_FUNCTION(PQgetisnull);
EXPECT_SAME_FUNCTION(PQgetvalue);
EXPECT_SAME_FUNCTION(PQgetlength);
EXPECT_SAME_FUNCTION(PQnotifies);
EXPECT_SAME_FUNCTION(PQfreemem);
#undef EXPECT_SAME_FUNCTION

static_assert(kConnectionOk == CONNECTION_OK);
static_assert(kEmptyQuery == PGRES_EMPTY_QUERY && kCommandOk == PGRES_COMMAND_OK && kTuplesOk == PGRES_TUPLES_OK);
static_assert(kSingleTuple == PGRES_SINGLE_TUPLE);
static_assert(kCopyOut == PGRES_COPY_OUT && kCopyIn == PGRES_COPY_IN && kCopyBoth == PGRES_COPY_BOTH);
static_assert(kTransactionIdle == PQTRANS_IDLE && kTransactionInError == PQTRANS_INERROR && kTransactionUnknown == PQTRANS_UNKNOWN);
static_assert(kVerboseErrors == PQERRORS_VERBOSE);
static_assert(kDiagSqlstate == PG_DIAG_SQLSTATE && kDiagMessagePrimary == PG_DIAG_MESSAGE_PRIMARY);

static_assert(sizeof(Notification) == sizeof(PGnotify) && alignof(Notification) == alignof(PGnotify));
static_assert(offsetof(Notification, channel) == offsetof(PGnotify, relname));
static_assert(offsetof(Notification, backend) == offsetof(PGnotify, be_pid));
static_assert(offsetof(Notification, payload) == offsetof(PGnotify, extra));
static_assert(offsetof(Notification, next) == offsetof(PGnotify, next));

TEST(Libpq, IsLoadedOnce) {
  const auto first = Libpq::load();
  if (!first) GTEST_SKIP() << "!!!! NOT RUN: " << first.error().message() << " !!!!";
  const auto second = Libpq::load();
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  EXPECT_NE((*first)->PQstatus(nullptr), kConnectionOk);
}

TEST(Libpq, MissingIsSaidWithThePackageThatHasIt) {
  const auto loaded = Libpq::load_from("libpq.so.4711");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind(), ErrorKind::kUnsupported);
  EXPECT_THAT(loaded.error().message(), HasSubstr("libpq.so.4711 can't be loaded ("));
  EXPECT_THAT(loaded.error().message(), HasSubstr("install it, Debian's package is libpq5"));
}

TEST(Libpq, ALibraryWithoutItsFunctionsIsRefused) {
  const auto loaded = Libpq::load_from("libc.so.6");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind(), ErrorKind::kUnsupported);
  EXPECT_THAT(loaded.error().message(), HasSubstr("PQconninfoParse"));
}

TEST(Libpq, FindsNoPasswordInAUrlThatWeAccept) {
  const auto libpq = Libpq::load();
  if (!libpq) GTEST_SKIP() << "!!!! NOT RUN: " << libpq.error().message() << " !!!!";
  constexpr std::array kPieces{"u", "h",   ":",    "@",   "/", "?",        "&",           "=",          ",",    "[",
                               "]", "::1", "5432", "%70", "%", "password", "sslpassword", "p%61ssword", "host", "dbname"};
  std::minstd_rand random(1);
  int accepted = 0, with_password = 0;
  for (int round = 0; round < 300'000; ++round) {
    std::string text = "postgresql://";
    for (auto pieces = random() % 12; pieces > 0; --pieces) text += kPieces[random() % kPieces.size()];
    auto* const options = (*libpq)->PQconninfoParse(text.c_str(), nullptr);
    bool has_password = false, has_database = false;
    for (const auto* option = options; option != nullptr && option->keyword != nullptr; ++option) {
      const std::string_view name = option->keyword;
      if (option->val == nullptr || *option->val == '\0') continue;
      has_password = has_password || name == "password" || name == "sslpassword";
      has_database = has_database || name == "dbname";
    }
    (*libpq)->PQconninfoFree(options);
    const auto url = DatabaseUrl::parse(text);
    accepted += options != nullptr && url ? 1 : 0;
    with_password += has_password ? 1 : 0;
    EXPECT_FALSE(has_password && url) << text;
    EXPECT_FALSE(options != nullptr && url && !has_database) << text;
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(with_password, 100);
}

}  // namespace
}  // namespace innernet::server::db::postgresql
