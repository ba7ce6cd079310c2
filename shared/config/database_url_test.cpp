#include "innernet/config/database_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace innernet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(DatabaseUrl, IsShownWithoutWhoConnectsAndHow) {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"postgresql://db.example.com/evilcorp", "postgresql://db.example.com/evilcorp"},
      {"postgres://db.example.com/evilcorp", "postgres://db.example.com/evilcorp"},
      {"postgresql://innernet@db.example.com:5433/evilcorp?sslmode=verify-full", "postgresql://db.example.com:5433/evilcorp"},
      {"postgresql://innernet:@db.example.com/evilcorp", "postgresql://db.example.com/evilcorp"},
      {"postgresql://a:1,b:2,c/evilcorp?target_session_attrs=read-write", "postgresql://a:1,b:2,c/evilcorp"},
      {"postgresql://[2001:db8::1]:5432,[::1]/evilcorp", "postgresql://[2001:db8::1]:5432,[::1]/evilcorp"},
      {"postgresql://%2Fvar%2Frun%2Fpostgresql/evilcorp", "postgresql://%2Fvar%2Frun%2Fpostgresql/evilcorp"},
      {"postgresql:///evilcorp?host=/run/postgresql&port=5433", "postgresql://%2Frun%2Fpostgresql:5433/evilcorp"},
      {"postgresql:///evilcorp", "postgresql:///evilcorp"},
      {"postgresql://host?dbname=evilcorp", "postgresql://host/evilcorp"},
      {"postgresql://host/first?dbname=second", "postgresql://host/second"},
      {"postgresql://u%40x@host/evil%2Dcorp", "postgresql://host/evil-corp"},
      {"postgresql://host/evilcorp?", "postgresql://host/evilcorp"},
      {"postgresql://host/evilcorp?passfile=/etc/innernet-server/pgpass&sslkey=/k", "postgresql://host/evilcorp"},
      {"postgresql://host/b\u202Ed", "postgresql://host/b\\xe2\\x80\\xaed"},
  };
  for (const auto& [text, shown] : cases) {
    const auto url = DatabaseUrl::parse(text);
    ASSERT_TRUE(url) << text << ": " << url.error().message();
    EXPECT_EQ(url->str(), text);
    EXPECT_EQ(url->shown(), shown);
  }
}

TEST(DatabaseUrl, WithAPasswordIsRefusedAndNotShown) {
  for (const std::string text : {
           "postgresql://u:hunter2@host/db",
           "postgresql://:hunter2@host/db",
           "postgresql://u:hunter2%40@host/db",
           "postgresql://u:a:hunter2@host/db",
           "postgresql://host/db?password=hunter2",
           "postgresql://host/db?p%61ssword=hunter2",
           "postgresql://host/db?sslmode=require&sslpassword=hunter2",
           "postgresql://host/db?password=",
       }) {
    const auto url = DatabaseUrl::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(url.error().message(), AllOf(HasSubstr("~/.pgpass"), HasSubstr("PGPASSFILE"), HasSubstr("passfile="), HasSubstr("sslcert="),
                                             Not(HasSubstr("hunter2"))));
  }
}

TEST(DatabaseUrl, ThatIsNoneIsRefusedWithoutShowingWhatMayBeAPassword) {
  const struct {
    std::string text;
    const char* why;
  } cases[] = {
      {"", "does not begin with postgresql://"},
      {"mysql://hunter2/db", "does not begin with postgresql://"},
      {"host=a dbname=hunter2", "does not begin with postgresql://"},
      {"postgresql://host", "names no database"},
      {"postgresql://host/", "names no database"},
      {"postgresql://hunter2@host/?sslmode=require", "names no database"},
      {"postgresql://u:hunter2/x@host/db", "has a port"},
      {"postgresql://host:0/db", "has a port"},
      {"postgresql://host:65536/db", "has a port"},
      {"postgresql://[::1/db", "has a ["},
      {"postgresql://[]/db", "has a ["},
      {"postgresql://[::1]hunter2/db", "between ] and the port"},
      {"postgresql://host/hunter2%4", "has a %"},
      {"postgresql://host/hunter2%+1", "has a %"},
      {"postgresql://host/hunter2%00", "has a control character"},
      {"postgresql://host/hunter2\n", "has a control character"},
      {std::string("postgresql://host/hunter2\0x", 27), "has a control character"},
      {"postgresql://u%1b@hunter2/db", "has a control character"},
      {"postgresql://host/db?hunter2", "no NAME=VALUE"},
      {"postgresql://host/db?a=b=hunter2", "no NAME=VALUE"},
      {"postgresql://host/" + std::string(2031, 'a'), "longer than 2048 bytes"},
  };
  for (const auto& [text, why] : cases) {
    const auto url = DatabaseUrl::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(url.error().message(), AllOf(HasSubstr(why), Not(HasSubstr("hunter2"))));
  }
  EXPECT_TRUE(DatabaseUrl::parse("postgresql://host/" + std::string(2030, 'a')));
}

}  // namespace
}  // namespace innernet
