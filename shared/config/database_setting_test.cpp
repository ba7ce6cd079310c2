#include "innernet/config/database_setting.hpp"

#include <gtest/gtest.h>

#include <string>

#include "innernet/config/config.hpp"

namespace innernet {
namespace {

std::string config(const std::string& more = "") {
  return "# our network\nprivate-key = \"" + std::string(wg::PrivateKey::generate().to_base64().reveal()) +
         "\"\nlisten-port = 51820 # the usual\naddress = \"10.66.0.1\"\nnetwork-cidr-prefix = 16\n" + more;
}

const DatabaseUrl kOne = *DatabaseUrl::parse("postgresql://one.example/evilcorp");
const DatabaseUrl kOther =
    *DatabaseUrl::parse("postgresql://user@other.example:5433/evilcorp?sslmode=verify-full&options=-csearch_path%3Da");

std::string changed(const std::string& toml, const std::optional<DatabaseUrl>& url) {
  const auto text = with_database_url(toml, url);
  EXPECT_TRUE(text) << text.error().message();
  return text ? std::string(text->reveal()) : "";
}

TEST(DatabaseSetting, ComesAndGoesAndLeavesTheOtherLines) {
  const auto plain = config();
  const auto with = changed(plain, kOne);
  EXPECT_EQ(with, plain + "\n[database]\nurl = \"postgresql://one.example/evilcorp\"\n");
  EXPECT_EQ(ServerConfig::parse(with)->database_url, kOne);
  EXPECT_EQ(changed(with, kOther), plain + "\n[database]\nurl = \"" + kOther.str() + "\"\n");
  EXPECT_EQ(changed(with, std::nullopt), plain);
  EXPECT_EQ(changed(plain, std::nullopt), plain);
  auto unfinished = plain;
  unfinished.pop_back();
  EXPECT_EQ(changed(unfinished, kOne), with);
}

TEST(DatabaseSetting, StandsAmongWhatPeopleWrite) {
  const auto plain = config();
  const std::string notes = "\n[notes]\nwho = \"alice\"\n";
  EXPECT_EQ(changed(plain + "\n[ database ] # where\n# the old one\n  url = \"postgresql://one.example/evilcorp\"\n" + notes, kOther),
            plain + "\n[ database ] # where\nurl = \"" + kOther.str() + "\"\n# the old one\n" + notes);
  EXPECT_EQ(changed(plain + "\n[database]\nurl = \"postgresql://one.example/evilcorp\"\n# by carol\n" + notes, std::nullopt),
            plain + "\n[database]\n# by carol\n" + notes);
  EXPECT_EQ(changed(plain + notes, kOne), plain + notes + "\n[database]\nurl = \"postgresql://one.example/evilcorp\"\n");
  EXPECT_EQ(changed(plain + "[database]\n" + notes, kOne), plain + "[database]\nurl = \"postgresql://one.example/evilcorp\"\n" + notes);
}

TEST(DatabaseSetting, WhatIsWrittenInAnotherWayIsForAPerson) {
  const auto plain = config();
  for (const std::string& toml : {"database = { url = \"postgresql://one.example/evilcorp\" }\n" + plain,
                                  "database.url = \"postgresql://one.example/evilcorp\"\n" + plain,
                                  plain + "[\"database\"]\nurl = \"postgresql://one.example/evilcorp\"\n"}) {
    for (const auto& url : {std::optional(kOther), std::optional<DatabaseUrl>()}) {
      const auto refused = with_database_url(toml, url);
      ASSERT_FALSE(refused) << toml;
      EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalidInput);
      EXPECT_NE(refused.error().message().find("[database]"), std::string::npos);
    }
  }
  EXPECT_FALSE(with_database_url("listen-port = 1\n", kOne)) << "no config";
}

}  // namespace
}  // namespace innernet
