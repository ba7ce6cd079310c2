#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "innernet/base/unique_fd.hpp"
#include "router_client.hpp"

namespace innernet::client::testing {

/// A router on loopback that says what a test lets it say. Each part answers what its function returns, and nothing where that is empty or
/// the function is not set. Functions are called from its thread.
class FakeRouter {
 public:
  using Bytes = std::vector<std::uint8_t>;
  using Packets = std::vector<Bytes>;

  std::function<Packets(Packet)> control;                          ///< PCP and NAT-PMP
  std::function<std::string(const std::string& question)> search;  ///< SSDP
  std::function<std::string(const std::string& request)> http;     ///< the bytes of the answer, whatever they are
  bool drips = false;                                              ///< the answer comes a byte at a time
  bool holds = false;                                              ///< the connection stays open behind it

  explicit FakeRouter(std::uint32_t address = INADDR_LOOPBACK)
      : control_fd_(bound(SOCK_DGRAM, address)), search_fd_(bound(SOCK_DGRAM, address)), http_fd_(bound(SOCK_STREAM, address)) {
    ::listen(http_fd_.get(), 8);
  }
  FakeRouter(const FakeRouter&) = delete;
  FakeRouter& operator=(const FakeRouter&) = delete;
  ~FakeRouter() { end(); }
  /// From then on what its functions have written down may be read.
  void end() {
    ends_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// When its functions are set.
  void start() {
    ends_ = false;
    thread_ = std::thread([this] { serve(); });
  }

  RouterPorts ports() const { return {.control = port_of(control_fd_), .search = port_of(search_fd_)}; }
  SocketAddress http_address() const { return {own_ip(), port_of(http_fd_)}; }
  static IpAddress own_ip() { return *IpAddress::parse("127.0.0.1"); }
  static Gateway place() { return {.router = own_ip(), .link = *InterfaceName::parse("lo"), .link_index = 1, .local = own_ip()}; }
  int questions() const { return questions_; }  ///< to any part

 private:
  static UniqueFd bound(int type, std::uint32_t at) {
    UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(at);
    ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return fd;
  }
  static std::uint16_t port_of(const UniqueFd& fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  template <class Reply>
  void answer_datagram(const UniqueFd& fd, Reply reply) {
    std::array<std::uint8_t, 2048> buffer;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t n = ::recvfrom(fd.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (n < 0) return;
    ++questions_;
    const auto packets = reply(Packet(buffer).first(static_cast<std::size_t>(n)));
    for (const Bytes& packet : packets) ::sendto(fd.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
  }

  static bool is_whole(const std::string& request) {
    const auto end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const auto length = request.find("Content-Length: ");
    return length == std::string::npos || request.size() >= end + 4 + std::stoul(request.substr(length + 16));
  }

  void answer_connection() {
    UniqueFd connection(::accept(http_fd_.get(), nullptr, nullptr));
    std::string request;
    std::array<char, 4096> piece;
    while (!is_whole(request)) {
      const ssize_t n = ::recv(connection.get(), piece.data(), piece.size(), 0);
      if (n <= 0) return;
      request.append(piece.data(), static_cast<std::size_t>(n));
    }
    ++questions_;
    const std::string answer = http ? http(request) : "";
    for (std::size_t i = 0; i < answer.size() && !ends_;) {
      const std::size_t size = drips ? 1 : answer.size() - i;
      if (::send(connection.get(), answer.data() + i, size, MSG_NOSIGNAL) < 0) return;
      i += size;
      // Until who asked has had enough of it.
      pollfd hung_up{.fd = connection.get(), .events = POLLRDHUP, .revents = 0};
      if (drips && ::poll(&hung_up, 1, 20) > 0) return;
    }
    if (holds) held_.push_back(std::move(connection));
  }

  void serve() {
    while (!ends_) {
      std::array<pollfd, 3> fds{{{control_fd_.get(), POLLIN, 0}, {search_fd_.get(), POLLIN, 0}, {http_fd_.get(), POLLIN, 0}}};
      if (::poll(fds.data(), fds.size(), 5) <= 0) continue;
      if (fds[0].revents != 0) answer_datagram(control_fd_, [&](Packet packet) { return control ? control(packet) : Packets(); });
      if (fds[1].revents != 0)
        answer_datagram(search_fd_, [&](Packet packet) {
          const std::string text = search ? search(std::string(packet.begin(), packet.end())) : "";
          return text.empty() ? Packets() : Packets{Bytes(text.begin(), text.end())};
        });
      if (fds[2].revents != 0) answer_connection();
    }
  }

  UniqueFd control_fd_;
  UniqueFd search_fd_;
  UniqueFd http_fd_;
  std::atomic<bool> ends_ = false;
  std::atomic<int> questions_ = 0;
  std::vector<UniqueFd> held_;
  std::thread thread_;
};

/// How a well-behaved router answers to a PCP request.
inline FakeRouter::Bytes pcp_grant(Packet request, std::uint32_t epoch = 100, std::string_view outside = "203.0.113.7",
                                   std::optional<std::uint16_t> port = {}) {
  FakeRouter::Bytes answer(request.begin(), request.end());
  answer[1] |= 0x80;
  answer[3] = 0;
  for (std::size_t i = 8; i < 24; ++i) answer[i] = 0;
  for (std::size_t i = 0; i < 4; ++i) answer[8 + i] = static_cast<std::uint8_t>(epoch >> (24 - 8 * i));
  if (answer.size() < 60) return answer;
  if (port) answer[42] = static_cast<std::uint8_t>(*port >> 8U), answer[43] = static_cast<std::uint8_t>(*port);
  const auto address = *IpAddress::parse(outside);
  std::ranges::copy(address.bytes(), answer.end() - 4);
  answer[54] = answer[55] = 0xFF;
  return answer;
}

inline std::string http_answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

/// A router with UPnP, whose parts a test changes.
struct UpnpScript {
  std::string location;  ///< of its description
  std::string control_url = "/ctl/IPConn";
  std::string url_base;
  std::string outside = "203.0.113.7";
  std::vector<int> errors;  ///< that AddPortMapping answers with, one after the other; then it succeeds
  std::vector<std::string> actions;
  std::mutex mutex;

  std::string description() const {
    return "<?xml version=\"1.0\"?>\n<root xmlns=\"urn:schemas-upnp-org:device-1-0\">" +
           (url_base.empty() ? "" : "<URLBase>" + url_base + "</URLBase>") +
           "<device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><deviceList><device>"
           "<deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><deviceList><device>"
           "<deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><serviceList><service>"
           "<serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>"
           "<serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId><SCPDURL>/WANIPCn.xml</SCPDURL><controlURL>" +
           control_url +
           "</controlURL><eventSubURL>/evt/IPConn</eventSubURL></service></serviceList></device></deviceList></device></deviceList>"
           "</device></root>";
  }

  static std::string fault(int code) {
    return "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault>"
           "<faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>"
           "<UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>" +
           std::to_string(code) +
           "</errorCode><errorDescription>no</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>";
  }

  std::string answer(const std::string& request) {
    const std::lock_guard lock(mutex);
    if (request.starts_with("GET ")) return http_answer(200, description());
    const auto at = request.find("#");
    const std::string action = request.substr(at + 1, request.find('"', at) - at - 1);
    actions.push_back(action);
    if (action == "AddPortMapping" && !errors.empty()) {
      const int code = errors.front();
      errors.erase(errors.begin());
      return http_answer(500, fault(code));
    }
    return http_answer(200, "<?xml version=\"1.0\"?><s:Envelope><s:Body><u:" + action + "Response><NewExternalIPAddress>" + outside +
                                "</NewExternalIPAddress></u:" + action + "Response></s:Body></s:Envelope>");
  }

  void play(FakeRouter& router) {
    if (location.empty()) location = "http://" + router.http_address().to_string() + "/rootDesc.xml";
    router.search = [this](const std::string& question) {
      if (!question.starts_with("M-SEARCH")) return std::string();
      return "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nLOCATION: " + location + "\r\n\r\n";
    };
    router.http = [this](const std::string& request) { return answer(request); };
  }
};

}  // namespace innernet::client::testing
