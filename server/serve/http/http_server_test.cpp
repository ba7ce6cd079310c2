#include "http_server.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "raw_client.hpp"

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::body_of;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using ::testing::StartsWith;

/// Answers with the target as the body. /wait waits for news, /large is large, /redeem changes a key.
class EchoAnswerer final : public Turns::Answerer {
 public:
  Result<void> begin_turn() override { return {}; }
  Coordinator::Outcome answer(const Request& request) override {
    if (request.target == "/wait" && request.wait) return Coordinator::Waiting{CidrId{1}, *request.wait};
    Response response;
    if (request.target == "/wait" && !news) {
      response.status = 304;
    } else if (request.target == "/large") {
      response.body = large;
    } else if (request.target == "/redeem") {
      response.status = 204;
      response.key_change = KeyChange{};
    } else if (request.body_kind == Request::Body::kTooLarge) {
      response.status = 400;
    } else {
      response.body = std::make_shared<const std::string>(request.target + request.body);
    }
    return response;
  }
  Result<void> end_turn() override { return {}; }
  void after_turn() override {}

  bool news = false;
  std::shared_ptr<const std::string> large = std::make_shared<const std::string>(8U << 20, 'x');
};

std::string get(std::string_view target, std::string_view fields = {}) { return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", target, fields); }

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    limits_.sweep = 5ms;
    turn_limits_.connections_per_source = 2'000;
  }
  ~HttpServerTest() override { end(); }

  void start() {
    std::promise<std::uint16_t> listening;
    thread_ = std::thread([this, &listening] {
      EventLoop loop;
      Turns turns(answerer_, clock_, turn_limits_, [this] { server_->wake(); });
      HttpServer server(loop, turns, clock_, limits_, [this](const KeyChange&) { key_changes_.set_value(); });
      loop_ = &loop;
      turns_ = &turns;
      server_ = &server;
      listening.set_value(server.listen({*IpAddress::parse("127.0.0.1"), 0}, std::nullopt)->port);
      loop.run();
    });
    port_ = listening.get_future().get();
  }
  void end() {
    if (!thread_.joinable()) return;
    on_loop([this] { loop_->stop(); });
    thread_.join();
  }
  void on_loop(const std::function<void()>& task) {
    std::promise<void> done;
    loop_->post([&] {
      task();
      done.set_value();
    });
    done.get_future().get();
  }
  /// Until the loop says so; each look is a turn of the loop.
  void wait_until(const std::function<bool()>& condition) {
    for (bool done = false; !done;) on_loop([&] { done = condition(); });
  }
  std::string ask(std::string_view bytes) {
    RawClient client(port_);
    client.send(bytes);
    return client.read_to_end();
  }

  SystemClock clock_;
  EchoAnswerer answerer_;
  Turns::Limits turn_limits_;
  HttpServer::Limits limits_;
  EventLoop* loop_ = nullptr;
  Turns* turns_ = nullptr;
  HttpServer* server_ = nullptr;
  std::promise<void> key_changes_;
  std::thread thread_;
  std::uint16_t port_ = 0;
};

TEST_F(HttpServerTest, KeepsTheConnectionAndAnswersInOrder) {
  start();
  RawClient client(port_);
  for (const char* target : {"/a", "/b"}) {
    client.send(get(target));
    EXPECT_THAT(client.read_answer(), EndsWith(std::string("\r\n\r\n") + target));
  }
  client.send(get("/1") + get("/2") + "PUT /3 HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody\r\n" + get("/4"));
  std::vector<std::string> bodies;
  for (int i = 0; i < 4; ++i) bodies.push_back(body_of(client.read_answer()));
  EXPECT_THAT(bodies, ElementsAre("/1", "/2", "/3body", "/4"));
}

TEST_F(HttpServerTest, ReadsARequestThatComesByteByByte) {
  start();
  RawClient client(port_);
  for (const char byte : std::string("PUT /slow HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")) client.send(std::string_view(&byte, 1));
  EXPECT_EQ(body_of(client.read_answer()), "/slowabc");
}

TEST_F(HttpServerTest, PipelinesMoreThanFitsIntoItsBuffer) {
  start();
  RawClient client(port_);
  std::string all;
  for (int i = 0; i < 3'000; ++i) all += get(fmt::format("/{}", i));
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 3'000; ++i) ASSERT_EQ(body_of(client.read_answer()), fmt::format("/{}", i));
  sender.join();
}

TEST_F(HttpServerTest, AnswersAClientThatHasClosedItsSide) {
  start();
  RawClient client(port_);
  client.send(get("/1") + get("/2"));
  client.half_close();
  EXPECT_EQ(body_of(client.read_answer()), "/1");
  EXPECT_EQ(body_of(client.read_answer()), "/2");
  EXPECT_EQ(client.read_answer(), "");
}

TEST_F(HttpServerTest, EndsTheConnectionWhenAsked) {
  start();
  const std::string response = ask(get("/a", "Connection: close\r\n") + get("/b"));
  EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\n/a"));
  EXPECT_THAT(ask("GET /old HTTP/1.0\r\n\r\n"), EndsWith("/old"));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  RawClient client(port_);
  client.send("HEAD /a HTTP/1.1\r\n\r\n" + get("/b", "Connection: close\r\n"));
  const std::string both = client.read_to_end();
  EXPECT_THAT(both, HasSubstr("Content-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(both, EndsWith("/b"));
}

TEST_F(HttpServerTest, RefusesWhatItCanNotRead) {
  start();
  const struct {
    std::string bytes;
    const char* status;
  } cases[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {std::string("GET / HTTP/1.1\r\nA: ") + std::string(9'000, 'a'), "HTTP/1.1 431 "},
      {std::string(9'000, 'a'), "HTTP/1.1 431 "},
      {"PUT / HTTP/1.1\r\nContent-Length: 16385\r\n\r\n" + std::string(16'385, 'b'), "HTTP/1.1 400 "},
      {"PUT / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n" + std::string(900'000, 'b'), "HTTP/1.1 400 "},
      {"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "HTTP/1.1 200 "},
  };
  for (const auto& c : cases) {
    const std::string response = ask(c.bytes);
    EXPECT_THAT(response, StartsWith(c.status)) << c.bytes.substr(0, 60);
    EXPECT_THAT(response, HasSubstr("Connection: close\r\n")) << c.bytes.substr(0, 60);
    EXPECT_EQ(response.find("\r\nDate: "), response.rfind("\r\nDate: ")) << "what follows is not read as a request";
  }
}

TEST_F(HttpServerTest, TellsAClientThatAsksToSendItsBody) {
  start();
  RawClient client(port_);
  client.send("PUT /a HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(body_of(client.read_answer()), "/aabc");
}

TEST_F(HttpServerTest, DoesNotWaitForeverForAHead) {
  limits_.head = 30ms;
  start();
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nA: "), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(ask("PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc"), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpServerTest, ClosesIdleConnectionsWithoutAWord) {
  limits_.idle = 30ms;
  start();
  EXPECT_EQ(ask(""), "");
}

TEST_F(HttpServerTest, SendsLargeAnswersWhole) {
  start();
  RawClient client(port_);
  client.send(get("/large") + get("/after"));
  EXPECT_EQ(body_of(client.read_answer()), *answerer_.large);
  EXPECT_EQ(body_of(client.read_answer()), "/after");
}

TEST_F(HttpServerTest, GivesUpOnAClientThatDoesNotRead) {
  limits_.no_progress = 30ms;
  start();
  RawClient client(port_);
  client.send(get("/large") + get("/large"));
  wait_until([this] { return server_->connections() == 0; });
}

TEST_F(HttpServerTest, RefusesMoreConnectionsOfOneSourceThanAreAllowed) {
  turn_limits_.connections_per_source = 2;
  start();
  RawClient a(port_), b(port_);
  a.send(get("/a"));
  b.send(get("/b"));
  EXPECT_NE(a.read_answer(), "");
  EXPECT_NE(b.read_answer(), "");
  EXPECT_EQ(ask(""), "");
  a.close();
  wait_until([this] { return server_->connections() == 1; });
  RawClient c(port_);
  c.send(get("/c"));
  EXPECT_NE(c.read_answer(), "");
}

TEST_F(HttpServerTest, WakesAThousandWaitingClients) {
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 1'000; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->send(get("/wait", "Prefer: wait=300\r\n"));
  }
  wait_until([this] { return turns_->waiting() == 1'000; });
  on_loop([this] {
    answerer_.news = true;
    turns_->stop_waiting();
  });
  for (auto& client : clients) ASSERT_THAT(client->read_answer(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(HttpServerTest, AnswersAWaitingClientWhenItsTimeIsUpAndGoesOnWithWhatItSentMeanwhile) {
  start();
  RawClient client(port_);
  client.send(get("/wait", "Prefer: wait=1\r\n") + get("/next"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 304 "));
  EXPECT_EQ(body_of(client.read_answer()), "/next");
}

TEST_F(HttpServerTest, NoticesThatAWaitingClientHangsUp) {
  start();
  RawClient client(port_);
  client.send(get("/wait", "Prefer: wait=300\r\n"));
  wait_until([this] { return turns_->waiting() == 1; });
  client.close();
  wait_until([this] { return turns_->waiting() == 0 && server_->connections() == 0; });
}

TEST_F(HttpServerTest, TellsAWaitingClientThatClosesItsSideThatThereIsNoNews) {
  start();
  RawClient client(port_);
  client.send(get("/wait", "Prefer: wait=300\r\n"));
  wait_until([this] { return turns_->waiting() == 1; });
  client.half_close();
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 304 "));
  EXPECT_EQ(client.read_answer(), "");
}

TEST_F(HttpServerTest, KeepsRoomForWhoComesByAnsweringTheOldestWaits) {
  limits_.connections = 4;
  start();
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (const char* source : {"127.0.0.2", "127.0.0.3", "127.0.0.4"}) {
    waiting.push_back(std::make_unique<RawClient>(port_, source));
    waiting.back()->send(get("/wait", "Prefer: wait=300\r\n"));
    wait_until([&] { return turns_->waiting() == waiting.size(); });
  }
  RawClient admin(port_, "127.0.0.5");
  admin.send(get("/a"));
  EXPECT_EQ(body_of(admin.read_answer()), "/a");
  EXPECT_THAT(waiting.front()->read_to_end(), AllOf(StartsWith("HTTP/1.1 304 "), HasSubstr("Connection: close\r\n")));
  wait_until([this] { return turns_->waiting() == 2; });
}

TEST_F(HttpServerTest, LetsAnotherSourceInWhenOneHasTakenAllConnections) {
  limits_.connections = 8;
  start();
  // Who sends half a head and no more is not idle, and nobody's answer ends it.
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 8; ++i) {
    slow.push_back(std::make_unique<RawClient>(port_, "127.0.0.2"));
    slow.back()->send("GET / HTTP/1.1\r\n");
  }
  wait_until([this] { return server_->connections() >= 7; });
  for (const char* source : {"127.0.0.3", "127.0.0.4", "127.0.0.5"}) {
    RawClient good(port_, source);
    good.send(get("/a"));
    EXPECT_EQ(body_of(good.read_answer()), "/a");
  }
}

TEST_F(HttpServerTest, ChangesAKeyOnceTheAnswerIsAcknowledged) {
  start();
  RawClient client(port_);
  client.send(get("/redeem"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 204 "));
  key_changes_.get_future().get();
}

TEST_F(HttpServerTest, ChangesAKeyWhenTheConnectionCloses) {
  start();
  {
    RawClient client(port_);
    client.send(get("/redeem"));
  }
  key_changes_.get_future().get();
}

TEST_F(HttpServerTest, FinishesWhatIsInFlightWhenItStops) {
  start();
  RawClient idle(port_), waiting(port_), large(port_), half(port_);
  waiting.send(get("/wait", "Prefer: wait=300\r\n"));
  large.send(get("/large"));
  half.send("PUT /half HTTP/1.1\r\nContent-Length: 2\r\n\r\na");
  idle.send(get("/idle"));
  EXPECT_NE(idle.read_answer(), "");
  wait_until([this] { return turns_->waiting() == 1 && server_->connections() == 4; });
  std::promise<void> stopped;
  on_loop([&] { server_->stop(20s, [&stopped] { stopped.set_value(); }); });
  EXPECT_EQ(idle.read_answer(), "");
  EXPECT_THAT(waiting.read_to_end(), StartsWith("HTTP/1.1 304 "));
  half.send("b");
  EXPECT_THAT(half.read_to_end(), EndsWith("/halfab"));
  EXPECT_EQ(body_of(large.read_to_end()), *answerer_.large);
  EXPECT_THROW(RawClient{port_}, std::runtime_error) << "nobody new is taken";
  waiting.close();
  half.close();
  large.close();
  stopped.get_future().get();
}

TEST_F(HttpServerTest, StopsInTheEndAlsoIfAClientDoesNotRead) {
  start();
  RawClient client(port_);
  client.send(get("/large"));
  wait_until([this] { return server_->connections() == 1; });
  std::promise<void> stopped;
  on_loop([&] { server_->stop(50ms, [&stopped] { stopped.set_value(); }); });
  stopped.get_future().get();
}

TEST_F(HttpServerTest, ListensAnewAfterItsLinkWasReplaced) {
  start();
  RawClient client(port_);
  client.send(get("/a"));
  EXPECT_NE(client.read_answer(), "");
  on_loop([this] {
    server_->close();
    ASSERT_TRUE(server_->listen({*IpAddress::parse("127.0.0.1"), port_}, std::nullopt));
  });
  EXPECT_EQ(client.read_answer(), "");
  RawClient again(port_);
  again.send(get("/b"));
  EXPECT_EQ(body_of(again.read_answer()), "/b");
}

TEST_F(HttpServerTest, SaysWhichAddressIsTaken) {
  start();
  on_loop([this] {
    EventLoop loop;
    HttpServer other(loop, *turns_, clock_, limits_, nullptr);
    const auto listening = other.listen({*IpAddress::parse("127.0.0.1"), port_}, std::nullopt);
    ASSERT_FALSE(listening);
    EXPECT_EQ(listening.error().message(), fmt::format("listening on TCP 127.0.0.1:{}: Address already in use", port_));
  });
}

TEST(Connections, OfOneSourceDependOnHowManyThereAre) {
  EXPECT_EQ(connections_of_one_source(16'384), 64U);
  EXPECT_EQ(connections_of_one_source(768), 12U);
  EXPECT_EQ(connections_of_one_source(50), 8U);
}

TEST(Connections, LeaveDescriptorsForTheRest) {
  EXPECT_EQ(connections_with(1'048'576, 16'384), 16'384U);
  EXPECT_EQ(connections_with(16'384 + 256, 16'384), 16'384U);
  EXPECT_EQ(connections_with(1'024, 16'384), 768U);
  EXPECT_EQ(connections_with(100, 16'384), 50U);
  EXPECT_EQ(connections_with(0, 16'384), 1U);
}

}  // namespace
}  // namespace innernet::server
