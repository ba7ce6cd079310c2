#include <gmock/gmock.h>

#include <map>
#include <set>

#include "api/handlers.hpp"
#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using api::Role;
using api::Route;

// A request for each route that its role is answered. A route without one fails the test.
struct Example {
  std::string body;
  unsigned status;
};
std::map<std::string, Example> examples(const Family& family) {
  const auto contents = [&](std::string_view name, const IpAddress& ip, CidrId cidr, std::uint32_t key) {
    return to_json(peer_contents(name, ip, cidr, key));
  };
  return {
      {"GET /v1/user/capabilities", {"", 200}},
      {"POST /v1/user/redeem", {redeem_to_json(key_of(50)), 204}},
      {"GET /v1/user/state", {"", 200}},
      {"GET /v1/user/seen-at", {"", 200}},
      {"PUT /v1/user/endpoint", {endpoint_option_to_json(must(Endpoint::parse("198.51.100.1:1"))), 204}},
      {"PUT /v1/user/candidates", {candidates_to_json({must(Endpoint::parse("198.51.100.1:1"))}), 204}},
      {"GET /v1/user/relay", {"", 404}},  // this peer is none
      {"PUT /v1/user/relay-distances", {"[[1,40]]", 204}},
      {"PUT /v1/user/relay-registrations", {relay_registrations_to_json({}), 404}},
      {"PUT /v1/user/relay", {to_json(RelayOfPeer{.public_key = key_of(70), .port = 51821}), 404}},
      {"GET /v1/admin/peers", {"", 200}},
      {"POST /v1/admin/peers", {contents("new", family.ip(3, 9), kIsland, 9), 201}},
      {"PUT /v1/admin/peers/3", {contents("renamed", family.ip(2, 1), kRobots, 3), 204}},
      {"DELETE /v1/admin/peers/3", {"", 204}},
      {"PUT /v1/admin/relays/3", {"", 204}},
      {"DELETE /v1/admin/relays/3", {"", 204}},
      {"GET /v1/admin/cidrs", {"", 200}},
      {"POST /v1/admin/cidrs", {fmt::format(R"({{"name":"new","cidr":"{}","parent":1}})", family.net(9)), 201}},
      {"PUT /v1/admin/cidrs/3", {fmt::format(R"({{"name":"renamed","cidr":"{}","parent":1}})", family.net(1)), 204}},
      {"DELETE /v1/admin/cidrs/99", {"", 204}},
      {"GET /v1/admin/associations", {"", 200}},
      {"POST /v1/admin/associations", {R"({"cidr_id_1":3,"cidr_id_2":5})", 201}},
      {"DELETE /v1/admin/associations/1", {"", 204}},
  };
}

std::string whole_route(std::string_view role, const Route& route) {
  return fmt::format("{} /v1/{}/{}{}", route.method, role, route.name, std::holds_alternative<Route::OfOne>(route.handle) ? "/ID" : "");
}
std::string route_of(const std::string& request) {
  const auto last = request.find_last_of('/');
  return request.find_first_of("0123456789", last) == std::string::npos ? request : request.substr(0, last) + "/ID";
}

std::map<std::string, Role> all_routes() {
  std::map<std::string, Role> all;
  for (const Route& route : api::user_routes()) all.emplace(whole_route("user", route), route.role);
  for (const Route& route : api::admin_routes()) all.emplace(whole_route("admin", route), route.role);
  return all;
}

unsigned status(const Family& family, const std::string& request, const Example& example, IpAddress (Server::*from)() const) {
  Server server(family);
  const auto space = request.find(' ');
  const auto body = example.body.empty() ? std::nullopt : std::optional(example.body);
  auto outcome = server.outcome(server.request((server.*from)(), request.substr(0, space), request.substr(space + 1), body));
  return std::get<Response>(outcome).status;
}

TEST(Routes, EachHasAnExample) {
  std::set<std::string> with_example;
  for (const auto& [request, example] : examples({})) with_example.insert(route_of(request));
  std::set<std::string> all;
  for (const auto& [route, role] : all_routes()) all.insert(route);
  EXPECT_EQ(with_example, all);
}

TEST(Routes, AreForTheirRoleAlone) {
  for (const Family family : {Family{.v6 = false}, Family{.v6 = true}}) {
    const auto routes = all_routes();
    for (const auto& [request, example] : examples(family)) {
      SCOPED_TRACE(request);
      const Role role = routes.at(route_of(request));
      const bool redeems = request == "POST /v1/user/redeem";  // once
      EXPECT_EQ(status(family, request, example, &Server::pending), role == Role::kAnyPeer ? example.status : 401);
      EXPECT_EQ(status(family, request, example, &Server::user), role == Role::kAdmin || redeems ? 401 : example.status);
      EXPECT_EQ(status(family, request, example, &Server::admin), redeems ? 401 : example.status);
    }
  }
}

}  // namespace
}  // namespace innernet::server
