// A key that was brought to a device, or read off one, is in this process's memory no more, in no form and not in part.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "innernet/testing/planted_key.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "innernet/wireguard/backend.hpp"
#include "linux/fake_kernel.hpp"
#include "linux/kernel_message.hpp"

namespace innernet::wg {
namespace {

using innernet::testing::PlantedKey;
using ::testing::IsEmpty;
using ::testing::Not;

// Userspace WireGuard as a process of its own: it takes each `set`, and answers each `get` with the key of the last.
class Implementation {
 public:
  explicit Implementation(const std::string& path) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    process_ = ::fork();
    if (process_ == 0) serve();
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  ~Implementation() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

 private:
  [[noreturn]] void serve() {
    std::string key = "private_key=\n";
    for (;;) {
      const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
      std::string request;
      char piece[4096];
      while (!request.ends_with("\n\n")) {
        const ssize_t received = ::recv(connection.get(), piece, sizeof piece, 0);
        if (received <= 0) break;
        request.append(piece, static_cast<std::size_t>(received));
      }
      std::string answer = "errno=0\n\n";
      if (const std::size_t at = request.find("private_key="); at != std::string::npos)
        key = request.substr(at, request.find('\n', at) + 1 - at);
      else if (request.starts_with("get=1"))
        answer.insert(0, key + "listen_port=51820\n");
      if (::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) continue;
    }
  }

  UniqueFd listener_;
  pid_t process_ = -1;
};

class KeyMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!innernet::testing::kMemoryCanBeSearched) GTEST_SKIP() << "!!!! NOT RUN: the search for keys in memory, under a sanitizer !!!!";
    ASSERT_TRUE(key.plant([&](const PrivateKey& planted) { return create_file(file, planted.to_base64().reveal()).has_value(); }));
    ASSERT_THAT(key.places(), IsEmpty()) << "the search finds itself";
  }

  DeviceUpdate update() const { return {.private_key = *PrivateKey::parse(read_secret_file(file)->reveal()), .listen_port = 51820}; }

  innernet::testing::TempDir dir;
  std::filesystem::path file = dir / "key";
  InterfaceName name = *InterfaceName::parse("wg0");
  PlantedKey key;
};

TEST_F(KeyMemory, TheSearchFindsAKeyOfADevice) {
  const DeviceUpdate held = update();
  EXPECT_THAT(key.places(), Not(IsEmpty()));
}

TEST_F(KeyMemory, UserspaceWireGuardLeavesNothing) {
  const Implementation implementation(dir / "wg0.sock");
  const auto backend = userspace_backend({.socket_folder = dir.path(), .implementation = {}});
  const auto applied = backend->apply(name, update());
  ASSERT_TRUE(applied) << applied.error().message();
  EXPECT_THAT(key.places(), IsEmpty());
  {
    const auto device = backend->get(name);
    ASSERT_TRUE(device) << device.error().message();
    ASSERT_TRUE(device->private_key);
    EXPECT_THAT(key.places(), Not(IsEmpty()));
  }
  EXPECT_THAT(key.places(), IsEmpty());
}

TEST_F(KeyMemory, MessagesToTheKernelLeaveNothing) {
  {
    const auto messages = encode_set_device(FakeKernel::kFamily, name, update());
    ASSERT_THAT(messages, Not(IsEmpty()));
  }
  EXPECT_THAT(key.places(), IsEmpty());
}

TEST_F(KeyMemory, WhatTheKernelTellsLeavesNothing) {
  ASSERT_TRUE(key.plant([&](const PrivateKey&) {
    FakeKernel kernel(name);
    for (netlink::Message& message : encode_set_device(FakeKernel::kFamily, name, update()))
      if (!kernel.set(message.finish(1))) return false;
    const auto dump = kernel.dump(1, 4096);
    return replace_file(file, std::string_view(reinterpret_cast<const char*>(dump.front().data()), dump.front().size())).has_value();
  }));
  {
    const auto datagram = read_secret_file(file);
    ASSERT_TRUE(datagram);
    const std::string_view text = datagram->reveal();
    netlink::MessageReader messages({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    DeviceDump dump(name);
    while (const auto message = messages.next()) ASSERT_TRUE(dump.add(*message));
    ASSERT_TRUE(std::move(dump).take().private_key);
  }
  EXPECT_THAT(key.places(), IsEmpty());
}

}  // namespace
}  // namespace innernet::wg
