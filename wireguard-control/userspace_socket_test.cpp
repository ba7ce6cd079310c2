#include "userspace_socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>
#include <vector>

#include "innernet/testing/temp_dir.hpp"
#include "innernet/wireguard/backend.hpp"
#include "sample_peers.hpp"

namespace innernet::wg {
namespace {

using std::chrono::milliseconds;

const InterfaceName& wg0() {
  static const InterfaceName name = *InterfaceName::parse("wg0");
  return name;
}

UniqueFd listen_on(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd.get(), 8), 0);
  return fd;
}

// Somebody who answers each request, once its end has come, with the next of some texts or the last one, and counts the requests.
class Listener {
 public:
  Listener(const std::string& path, std::vector<std::string> answers)
      : fd_(listen_on(path)), answers_(std::move(answers)), thread_([this] { serve(); }) {}
  ~Listener() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  // Only after the destructor of the thread, or when no request is under way.
  std::size_t requests() const { return requests_; }

 private:
  void serve() {
    for (;;) {
      const UniqueFd connection(::accept(fd_.get(), nullptr, nullptr));
      if (!connection) return;
      std::string request;
      char buffer[4096];
      while (!request.ends_with("\n\n")) {
        const ssize_t received = ::recv(connection.get(), buffer, sizeof buffer, 0);
        if (received <= 0) break;
        request.append(buffer, static_cast<std::size_t>(received));
      }
      const std::string& answer = answers_[std::min(requests_, answers_.size() - 1)];
      if (!request.empty()) ++requests_;
      static_cast<void>(!answer.empty() && ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0);
    }
  }

  UniqueFd fd_;
  std::vector<std::string> answers_;
  std::size_t requests_ = 0;
  std::thread thread_;
};

class Sockets : public ::testing::Test {
 protected:
  std::string path() const { return sockets_.path(wg0()); }

  innernet::testing::TempDir folder_;
  UserspaceSockets sockets_{folder_.path().string()};
};

TEST_F(Sockets, AreListedWhenTheyAnswer) {
  const UniqueFd b = listen_on(folder_.path() / "wgb.sock");
  const UniqueFd a = listen_on(folder_.path() / "wga.sock");
  {
    const UniqueFd stale = listen_on(folder_.path() / "stale.sock");
  }
  std::ofstream(folder_.path() / "file.sock") << "no socket";
  const UniqueFd odd = listen_on(folder_.path() / "name-that-is-too-long.sock");
  const UniqueFd other = listen_on(folder_.path() / "wgc.other");
  const auto names = sockets_.answering();
  ASSERT_TRUE(names) << names.error().message();
  EXPECT_EQ(*names, (std::vector{*InterfaceName::parse("wga"), *InterfaceName::parse("wgb")}));
  EXPECT_EQ(sockets_.state(*InterfaceName::parse("stale")), SocketState::kStale);
  EXPECT_EQ(sockets_.state(*InterfaceName::parse("file")), SocketState::kMissing);
}

TEST_F(Sockets, OfAMissingFolderAreNone) {
  const UserspaceSockets nowhere((folder_.path() / "missing").string());
  EXPECT_TRUE(nowhere.answering()->empty());
  EXPECT_EQ(nowhere.state(wg0()), SocketState::kMissing);
  EXPECT_EQ(nowhere.ask(wg0(), "get=1\n\n", milliseconds(100)).error().kind(), ErrorKind::kNotFound);
  EXPECT_TRUE(nowhere.unlink(wg0()));
}

TEST_F(Sockets, GiveAnswersOfAnySize) {
  for (const std::size_t size : {10U, 4'096U, 100'000U, 3'000'000U}) {
    std::string answer(size - 2, 'x');
    answer += "\n\n";
    const Listener listener(path(), {answer});
    const auto received = sockets_.ask(wg0(), "get=1\n\n", milliseconds(10'000));
    ASSERT_TRUE(received) << received.error().message();
    EXPECT_EQ(std::string_view(*received), answer);
    ASSERT_TRUE(sockets_.unlink(wg0()));
  }
}

TEST_F(Sockets, TakeRequestsThatAreLargerThanTheirBuffers) {
  std::string request(3'000'000, 'x');
  request += "\n\n";
  const Listener listener(path(), {"errno=0\n\n"});
  EXPECT_TRUE(sockets_.ask(wg0(), request, milliseconds(10'000)));
}

TEST_F(Sockets, ThatHangUpAreErrors) {
  for (const char* answer : {"", "errno=0\n", "x"}) {
    const Listener listener(path(), {answer});
    const auto received = sockets_.ask(wg0(), "get=1\n\n", milliseconds(10'000));
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().kind(), ErrorKind::kUnreachable);
    EXPECT_NE(received.error().message().find(path()), std::string::npos);
    ASSERT_TRUE(sockets_.unlink(wg0()));
  }
}

TEST_F(Sockets, ThatStaySilentAreGivenUp) {
  const UniqueFd nobody_accepts = listen_on(path());
  const auto received = sockets_.ask(wg0(), "get=1\n\n", milliseconds(20));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().kind(), ErrorKind::kUnreachable);
  const auto not_sent = sockets_.ask(wg0(), std::string(3'000'000, 'x'), milliseconds(20));
  ASSERT_FALSE(not_sent);
  EXPECT_EQ(not_sent.error().kind(), ErrorKind::kUnreachable);
}

TEST_F(Sockets, WhosePathIsTooLongAreRefused) {
  const UserspaceSockets deep("/" + std::string(120, 'x'));
  EXPECT_EQ(deep.ask(wg0(), "get=1\n\n", milliseconds(20)).error().kind(), ErrorKind::kInvalidInput);
}

TEST_F(Sockets, CarryAnUpdateInOneRequestAndAnEmptyOneInNone) {
  const auto backend = userspace_backend({.socket_folder = folder_.path().string(), .implementation = {}});
  const Listener listener(path(), {"errno=0\n\n"});
  ASSERT_TRUE(backend->apply(wg0(), DeviceUpdate{}));
  EXPECT_EQ(listener.requests(), 0U);
  ASSERT_TRUE(backend->apply(wg0(), sample_device(100)));
  EXPECT_EQ(listener.requests(), 1U);
}

TEST_F(Sockets, WithHostileAnswersMakeErrorsThatNameThem) {
  const auto backend = userspace_backend({.socket_folder = folder_.path().string(), .implementation = {}});
  for (const char* answer : {"\n\n", "x\n\n", "errno=1x\n\n", "errno=0\n\nerrno=0\n\n"}) {
    const Listener listener(path(), {answer});
    const auto device = backend->get(wg0());
    ASSERT_FALSE(device) << answer;
    EXPECT_NE(device.error().message().find(path()), std::string::npos) << device.error().message();
    EXPECT_FALSE(backend->apply(wg0(), sample_device(1)));
    ASSERT_TRUE(sockets_.unlink(wg0()));
  }
}

TEST_F(Sockets, ReportAPortInUseByItsNumber) {
  const auto backend = userspace_backend({.socket_folder = folder_.path().string(), .implementation = {}});
  const Listener listener(path(), {"errno=-98\n\n"});
  DeviceUpdate update;
  update.listen_port = 51'820;
  const auto applied = backend->apply(wg0(), update);
  ASSERT_FALSE(applied);
  EXPECT_NE(applied.error().message().find("51820"), std::string::npos);
}

TEST_F(Sockets, WaitForAPortThatIsAboutToBecomeFree) {
  const auto backend = userspace_backend({.socket_folder = folder_.path().string(), .implementation = {}});
  const Listener listener(path(), {"errno=-98\n\n", "errno=-98\n\n", "errno=0\n\n"});
  DeviceUpdate update;
  update.listen_port = 51'820;
  EXPECT_TRUE(backend->apply(wg0(), update));
}

TEST_F(Sockets, DoNotRepeatWhatFailsForAnotherReason) {
  const auto backend = userspace_backend({.socket_folder = folder_.path().string(), .implementation = {}});
  const Listener listener(path(), {"errno=-22\n\n", "errno=0\n\n"});
  EXPECT_FALSE(backend->apply(wg0(), sample_device(1)));
}

}  // namespace
}  // namespace innernet::wg
