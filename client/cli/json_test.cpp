#include <gmock/gmock.h>

#include "commands_test.hpp"

// What --json prints, to the byte: doc/json.md promises it.

namespace innernet::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kCidrs =
    R"("cidrs":[{"id":1,"name":"evilcorp","cidr":"10.66.0.0/16","parent":null},{"id":2,"name":"innernet-server","cidr":"10.66.0.1/32","parent":1},)"
    R"({"id":3,"name":"humans","cidr":"10.66.1.0/24","parent":1},{"id":4,"name":"robots","cidr":"10.66.2.0/24","parent":1},)"
    R"({"id":5,"name":"island","cidr":"10.66.3.0/24","parent":1}])";

class Json : public Commands {
 protected:
  /// Of a command that succeeds: the one line on standard output.
  std::string document(const std::string& line) {
    const Outcome outcome = run_line(line + " --json");
    EXPECT_EQ(outcome.code, 0) << line << outcome.error << outcome.log;
    EXPECT_TRUE(outcome.out.ends_with('\n')) << line;
    EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1) << outcome.out;
    return outcome.out.substr(0, outcome.out.size() - 1);
  }
  static std::string with_peer(const Peer& peer) { return R"({"changed":true,"peer":)" + to_json(peer); }
  Peer& peer(std::string_view name) {
    return *std::ranges::find(state.peers, name, [](const Peer& p) { return std::string_view(p.name.str()); });
  }
};

TEST_F(Json, OfShowHasEveryNetworkWithItsPeersByAddress) {
  wg::Peer server_on_device{.public_key = peer("innernet-server").public_key,
                            .preshared_key = {},
                            .endpoint = SocketAddress{*IpAddress::parse("192.0.2.1"), 51820},
                            .persistent_keepalive = kPersistentKeepalive,
                            .allowed_ips = {*IpNet::parse("10.66.0.1/32")}};
  server_on_device.last_handshake = clock.wall() - std::chrono::seconds(33);
  server_on_device.received_bytes = 31181;
  server_on_device.sent_bytes = 26122;
  wg::Peer stranger = server_on_device;
  stranger.public_key = peer("peer2").public_key;
  stranger.endpoint = std::nullopt;
  stranger.last_handshake = std::nullopt;
  stranger.received_bytes = stranger.sent_bytes = 0;
  stranger.allowed_ips = {};
  device().peers = {server_on_device, stranger};
  std::erase_if(state.peers, [](const Peer& p) { return p.name.str() == "peer2"; });
  ASSERT_TRUE(replace_file(dir / "var/evilcorp.json", data_store_to_json(state)));
  const auto moment = std::chrono::floor<std::chrono::seconds>((clock.wall() - std::chrono::seconds(33)).time_since_epoch()).count();
  const std::string expected = fmt::format(
      R"({{"networks":[{{"name":"evilcorp","listen_port":40000,"public_key":"mceT4laSUt6EaKA1Zp1maR4XUfGRULLHHcAl0jsjBFA=","port_mapping":null,"peers":[)"
      R"({{"name":"innernet-server","ip":"10.66.0.1","cidr_id":2,"public_key":"gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=","is_you":false,)"
      R"("is_connected":true,"endpoint":"192.0.2.1:51820","is_overridden":false,"relayed_by":null,"last_handshake":{},"last_handshake_age":33,"received_bytes":31181,"sent_bytes":26122,)"
      R"("way":"direct","since":null,"round_trip_us":null,"tries":[]}},)"
      R"({{"name":"admin","ip":"10.66.1.1","cidr_id":3,"public_key":"mceT4laSUt6EaKA1Zp1maR4XUfGRULLHHcAl0jsjBFA=","is_you":true,)"
      R"("is_connected":true,"endpoint":null,"is_overridden":false,"relayed_by":null,"last_handshake":null,"last_handshake_age":null,"received_bytes":0,"sent_bytes":0,)"
      R"("way":null,"since":null,"round_trip_us":null,"tries":[]}},)"
      R"({{"name":null,"ip":null,"cidr_id":null,"public_key":"AisYgTwf+3HfuQE8we7MmGYFzanRdGemr6V/PZGHN2E=","is_you":false,)"
      R"("is_connected":false,"endpoint":null,"is_overridden":false,"relayed_by":null,"last_handshake":null,"last_handshake_age":null,"received_bytes":0,"sent_bytes":0,)"
      R"("way":"none","since":null,"round_trip_us":null,"tries":[]}}]}}]}})",
      moment);
  EXPECT_EQ(document("show"), expected);
  EXPECT_EQ(document("list evilcorp"), expected);
}

TEST_F(Json, OfShowWithNothingUpIsAnEmptyList) {
  world.devices.clear();
  EXPECT_EQ(document("show"), R"({"networks":[]})");
  const Outcome down = run_line("show evilcorp --json");
  EXPECT_EQ(down.code, 1);
  EXPECT_EQ(down.out, "");
}

TEST_F(Json, OfListsIsAsInTheHttpApi) {
  EXPECT_EQ(document("list-cidrs evilcorp"), std::string("{") + kCidrs + "}");
  EXPECT_EQ(document("list-associations evilcorp"),
            std::string(R"({"associations":[{"id":1,"cidr_id_1":3,"cidr_id_2":4}],)") + kCidrs + "}");
}

TEST_F(Json, OfAddPeerNamesTheInvitationAndHoldsNothingOfIt) {
  Peer alice = peer("admin");
  alice.name = *Hostname::parse("alice");
  server.answer("POST /v1/admin/peers", {.status = 201, .body = to_json(alice)});
  const std::string file = (dir / "alice.toml").string();
  const std::string out =
      document("add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --invite-expires 14d --yes --save-config " + file);
  EXPECT_EQ(out, with_peer(alice) + R"(,"invitation":")" + file + "\"}");
  EXPECT_THAT(out, Not(HasSubstr(InterfaceConfig::read(file)->private_key.to_base64().reveal())));
}

TEST_F(Json, OfChangesToPeersHasThePeerAsItIsNow) {
  server.answer("PUT /v1/admin/peers/3", {.status = 204, .body = {}});
  server.answer("DELETE /v1/admin/peers/3", {.status = 204, .body = {}});
  Peer changed = peer("peer2");
  changed.name = *Hostname::parse("bob");
  EXPECT_EQ(document("rename-peer evilcorp --name peer2 --new-name bob --yes"), with_peer(changed) + "}");
  changed = peer("peer2");
  changed.is_disabled = true;
  EXPECT_EQ(document("disable-peer evilcorp --name peer2 --yes"), with_peer(changed) + "}");
  EXPECT_EQ(document("enable-peer evilcorp --name peer2 --yes"), R"({"changed":false})") << "it is enabled";
  peer("peer2").is_disabled = true;
  serve_lists();
  changed.is_disabled = false;
  EXPECT_EQ(document("enable-peer evilcorp --name peer2 --yes"), with_peer(changed) + "}");
}

TEST_F(Json, OfChangesToCidrsHasTheCidr) {
  server.answer("POST /v1/admin/cidrs", {.status = 201, .body = R"({"id":6,"name":"guests","cidr":"10.66.4.0/24","parent":1})"});
  server.answer("PUT /v1/admin/cidrs/3", {.status = 204, .body = {}});
  server.answer("DELETE /v1/admin/cidrs/5", {.status = 204, .body = {}});
  EXPECT_EQ(document("add-cidr evilcorp --name guests --cidr 10.66.4.0/24 --parent evilcorp --yes"),
            R"({"changed":true,"cidr":{"id":6,"name":"guests","cidr":"10.66.4.0/24","parent":1}})");
  EXPECT_EQ(document("rename-cidr evilcorp --name humans --new-name Menschen --yes"),
            R"({"changed":true,"cidr":{"id":3,"name":"Menschen","cidr":"10.66.1.0/24","parent":1}})");
  EXPECT_EQ(document("rename-cidr evilcorp --name humans --new-name humans"), R"({"changed":false})");
  EXPECT_EQ(document("delete-cidr evilcorp --name island --yes"),
            R"({"changed":true,"cidr":{"id":5,"name":"island","cidr":"10.66.3.0/24","parent":1}})");
}

TEST_F(Json, OfAssociationsHasTheirIds) {
  server.answer("POST /v1/admin/associations", {.status = 201, .body = {}});
  server.answer("DELETE /v1/admin/associations/1", {.status = 204, .body = {}});
  EXPECT_EQ(document("delete-association evilcorp robots humans --yes"),
            R"({"changed":true,"association":{"id":1,"cidr_id_1":3,"cidr_id_2":4}})");
  // The server's list does not have it (somebody else was quicker): what was sent is told.
  EXPECT_EQ(document("add-association evilcorp island humans"), R"({"changed":true,"association":{"cidr_id_1":5,"cidr_id_2":3}})");
}

TEST_F(Json, OfWhatConcernsThisMachine) {
  EXPECT_EQ(document("set-listen-port evilcorp -l 51999 --yes"), R"({"changed":true,"network":"evilcorp","listen_port":51999})");
  EXPECT_EQ(document("set-listen-port evilcorp -l 51999 --yes"), R"({"changed":false})");
  server.answer("PUT /v1/user/endpoint", {.status = 204, .body = {}});
  EXPECT_EQ(document("override-endpoint evilcorp -e 203.0.113.7:51820 --yes"),
            R"({"changed":true,"network":"evilcorp","endpoint":"203.0.113.7:51820"})");
  EXPECT_EQ(document("override-endpoint evilcorp -u --yes"), R"({"changed":true,"network":"evilcorp","endpoint":null})");
  EXPECT_EQ(document("override-peer-endpoint evilcorp --name peer2 -e 192.168.1.5:51820 --yes"),
            with_peer(peer("peer2")) + R"(,"endpoint":"192.168.1.5:51820"})");
  EXPECT_EQ(document("override-peer-endpoint evilcorp --name peer2 -u --yes"), with_peer(peer("peer2")) + R"(,"endpoint":null})");
  EXPECT_EQ(document("override-peer-endpoint evilcorp --name peer2 -u --yes"), R"({"changed":false})");
  EXPECT_EQ(document("set-listen-port evilcorp -u --yes"), R"({"changed":true,"network":"evilcorp","listen_port":null})");
  EXPECT_EQ(document("down evilcorp"), R"({"changed":true,"network":"evilcorp"})");
  EXPECT_EQ(document("uninstall evilcorp --yes --no-write-hosts"), R"({"changed":true,"network":"evilcorp"})");
  EXPECT_EQ(document("up"), R"({"networks":[]})");
}

TEST_F(Json, OfAFailureIsNothing) {
  for (const char* line :
       {"list-cidrs other --json", "down other --json", "rename-cidr evilcorp --name nowhere --new-name x --yes --json",
        "uninstall evilcorp --json", "install nothing.toml --default-name --json", "fetch other --json", "up other --json"}) {
    const Outcome outcome = run_line(line);
    EXPECT_EQ(outcome.code, 1) << line;
    EXPECT_EQ(outcome.out, "") << line;
    EXPECT_THAT(outcome.error, Not(IsEmpty())) << line;
  }
}

TEST_F(Json, DoesNotGoWithWhatIsForPeople) {
  for (const char* line : {"show --tree --json", "show --json -s", "list-cidrs evilcorp --json -t", "up --daemon --json"}) {
    const Outcome outcome = run_line(line);
    EXPECT_EQ(outcome.code, 2) << line;
    EXPECT_THAT(outcome.error, AllOf(StartsWith("[E] innernet "), HasSubstr("can't be used together with"))) << line;
  }
}

TEST_F(Json, EveryCommandHasIt) {
  const CommandLine innernet = command_line_of_innernet();
  for (const auto defined = command_line::define_all(innernet.program()); const auto& command : defined.commands)
    EXPECT_EQ(std::ranges::count(command.own.options(), "json", &command_line::Option::name), command.command->answer ? 0 : 1)
        << command.command->name;
}

}  // namespace
}  // namespace innernet::client
