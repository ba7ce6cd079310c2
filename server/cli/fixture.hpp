#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "innernet/base/file.hpp"
#include "innernet/base/unique_fd.hpp"
#include "innernet/publicip/publicip.hpp"
#include "innernet/server/registry.hpp"
#include "innernet/testing/fake_clock.hpp"
#include "innernet/testing/scripted_asker.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "program.hpp"

namespace innernet::server {

using command_line::Context;
using command_line::Ending;
using Words = std::vector<std::string>;

/// Folders of its own, a clock that stands, and a person who answers as the test says. No interface of the network is ever up.
class Commands : public ::testing::Test {
 protected:
  /// Runs a command line. What it prints is added to printed_; with --json, reported_ is its document.
  Result<Ending> run(Words words) {
    for (const std::string& word : {(folder_ / "lib").string(), std::string("--data-dir"), config_.string(), std::string("-c")})
      words.insert(words.begin(), word);
    if (json_) words.emplace_back("--json");
    const std::vector<std::string_view> views(words.begin(), words.end());
    CommandLine line = command_line_of_innernet_server();
    const command_line::Parsed parsed = line.parse(views);
    if (parsed.command == nullptr) return invalid_input(parsed.text);

    const UniqueFd fd(::open((folder_ / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    Output out(fd.get());
    Context context{
        .general = line.general(),
        .clock = clock_,
        .out = out,
        .asker = asker_,
        .backend = backend_,
        .detect_public_ip = [this] { return public_ip_.preferred(); },
        .tell_unchanged = [&] { context.print("Nothing was changed."); },
    };
    auto ending = line.run(*parsed.command, context);
    const std::string written = *read_file(folder_ / "out");
    if (json_)
      reported_ = written.substr(0, written.find('\n'));
    else
      printed_ += written;
    return ending;
  }

  /// `evilcorp`, with the CIDRs humans and robots.
  void make_network(const std::string& cidr = "10.66.0.0/16", const std::string& humans = "10.66.1.0/24",
                    const std::string& robots = "10.66.2.0/24") {
    succeeds(run(network("evilcorp", cidr)));
    for (const auto& [name, range] : {std::pair("humans", humans), std::pair("robots", robots)})
      succeeds(run({"add-cidr", "evilcorp", "--name", name, "--cidr", range, "--parent", "evilcorp", "--yes"}));
  }

  static Words network(const std::string& name, const std::string& cidr, const std::string& port = "51820") {
    return {"new", "--network-name", name, "--network-cidr", cidr, "--external-endpoint", "192.0.2.1:" + port, "--listen-port", port};
  }

  Words peer(const std::string& name, const std::string& cidr = "humans") {
    const std::string file = (folder_ / (name + ".toml")).string();
    return {"add-peer", "evilcorp", "--name",        name, "--auto-ip", "--cidr",           cidr,
            "--admin",  "false",    "--save-config", file, "--yes",     "--invite-expires", "1d"};
  }

  /// `words` with another value for an option.
  static Words with(Words words, const std::string& option, const std::string& value) {
    *(std::ranges::find(words, option) + 1) = value;
    return words;
  }
  /// `words` without an option that has a value, or without a flag.
  static Words without(Words words, const std::string& option) {
    const auto at = std::ranges::find(words, option);
    const bool is_flag = at + 1 == words.end() || (at + 1)->starts_with("--");
    words.erase(at, at + (is_flag ? 1 : 2));
    return words;
  }

  Registry registry() { return *Registry::open(folder_ / "lib" / "evilcorp.db"); }

  template <class T>
  static void succeeds(const Result<T>& result) {
    ASSERT_TRUE(result) << result.error().message();
  }
  static void fails(const Result<Ending>& result, ErrorKind kind, const std::string& words) {
    ASSERT_FALSE(result) << "expected a failure about " << words;
    EXPECT_EQ(result.error().kind(), kind) << result.error().message();
    EXPECT_NE(result.error().message().find(words), std::string::npos) << result.error().message();
  }

  innernet::testing::TempDir folder_;
  std::filesystem::path config_ = folder_ / "etc";
  innernet::testing::FakeClock clock_;
  std::string printed_;
  bool json_ = false;
  std::string reported_;
  innernet::testing::ScriptedAsker asker_;
  publicip::PublicAddresses public_ip_;
  std::function<std::unique_ptr<wg::Backend>(const InterfaceName&)> backend_ = [](const InterfaceName&) -> std::unique_ptr<wg::Backend> {
    ADD_FAILURE() << "nothing may touch a device that is not there";
    return nullptr;
  };
};

}  // namespace innernet::server
