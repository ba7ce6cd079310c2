#include "http_connection.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "socket_name.hpp"
#include "tunnel_socket.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kPiece = 128U << 10;         // received at once
constexpr std::size_t kMostReserved = 16U << 20U;  // on the word of a header alone

std::string seconds_text(std::chrono::milliseconds time) { return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000); }

}  // namespace

RequestError HttpConnection::unreachable(std::string why) const {
  return RequestError(Error(ErrorKind::kUnreachable, fmt::format("the server at {} {}", server_.to_string(), why)));
}

Answer<void> HttpConnection::wait_for(short events, std::chrono::milliseconds patience, std::string_view what, int interrupt_fd) {
  auto poller = Poller::create(stop_);
  if (!poller) return std::unexpected(RequestError(std::move(poller).error()));
  const BootTime deadline = std::min(end_, SystemClock().boot() + patience);
  const auto woken = poller->until(deadline, {{socket_.get(), events}, {interrupt_fd, POLLIN}, {interrupt_fd_, POLLIN}});
  if (!woken) return std::unexpected(RequestError(woken.error()));
  if (*woken == Woken::kStopped) return std::unexpected(RequestError(Error(ErrorKind::kInterrupted, "stopped")));
  if (*woken == Woken::kDeadline && deadline == end_)
    return std::unexpected(unreachable(fmt::format("is not done with an answer within {}", seconds_text(times_.whole))));
  if (*woken == Woken::kDeadline) return std::unexpected(unreachable(fmt::format("{} within {}", what, seconds_text(patience))));
  std::array<pollfd, 2> interrupts{pollfd{.fd = interrupt_fd, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = interrupt_fd_, .events = POLLIN, .revents = 0}};
  if (::poll(interrupts.data(), interrupts.size(), 0) > 0)
    return std::unexpected(RequestError(Error(ErrorKind::kInterrupted, "interrupted")));
  return {};
}

Answer<void> HttpConnection::connect() {
  const int family = server_.ip.is_v4() ? AF_INET : AF_INET6;
  socket_.reset(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket_) return std::unexpected(RequestError(Error::system(errno, "making a socket")));
  if (interface_) {
    if (auto bound = bind_to_interface(socket_.get(), *interface_); !bound) {
      if (bound.error().kind() == ErrorKind::kUnreachable)
        return std::unexpected(unreachable(fmt::format("can't be reached: {}", bound.error().message())));
      return std::unexpected(RequestError(std::move(bound).error()));
    }
  }
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const SocketName name = socket_name(server_);
  int failure = 0;
  if (::connect(socket_.get(), name.get(), name.size) != 0) {
    failure = errno;
    if (failure == EINPROGRESS || failure == EINTR) {
      if (auto ready = wait_for(POLLOUT, times_.connect, "does not answer"); !ready) return ready;
      socklen_t size = sizeof failure;
      if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    }
  }
  if (failure != 0) {
    socket_.reset();
    return std::unexpected(unreachable(fmt::format("can't be reached: {}", std::strerror(failure))));
  }
  return {};
}

Answer<void> HttpConnection::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    const int saved = errno;
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && saved == EAGAIN) {
      if (auto ready = wait_for(POLLOUT, times_.progress, "takes no data"); !ready) return ready;
    } else if (n < 0 && saved != EINTR) {
      return std::unexpected(unreachable(fmt::format("broke the connection: {}", std::strerror(saved))));
    }
  }
  return {};
}

void HttpConnection::wake_at(std::size_t bytes) {
  const int least = static_cast<int>(std::clamp<std::size_t>(bytes, 1, kPiece));
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

Answer<bool> HttpConnection::receive_some(std::string& out, std::chrono::milliseconds patience, int interrupt_fd) {
  std::optional<RequestError> too_late;
  for (;;) {
    const std::size_t before = out.size();
    ssize_t n = 0;
    int saved = 0;
    out.resize_and_overwrite(before + kPiece, [&](char* data, std::size_t) {
      n = ::recv(socket_.get(), data + before, kPiece, 0);
      saved = errno;
      return before + (n > 0 ? static_cast<std::size_t>(n) : 0);
    });
    if (n > 0) return true;
    if (n == 0) return false;
    if (saved == EINTR) continue;
    is_other_end_dead_ = saved == ETIMEDOUT;
    if (saved != EAGAIN) return std::unexpected(unreachable(fmt::format("broke the connection: {}", std::strerror(saved))));
    if (too_late) return std::unexpected(*too_late);
    // On a slow way, less may have come than wake_at() asks for: that is progress, too.
    if (auto ready = wait_for(POLLIN, patience, "sends no answer", interrupt_fd); !ready) {
      if (ready.error().kind() != ErrorKind::kUnreachable) return std::unexpected(ready.error());
      too_late = ready.error();
    }
  }
}

Answer<HttpResponse> HttpConnection::receive(const HttpRequest& request) {
  const auto bad = [this](const Error& why) {
    return std::unexpected(RequestError(
        invalid_input(fmt::format("the server at {} sends an answer that can't be read: {}", server_.to_string(), why.message())).error()));
  };
  std::string input;
  HttpResponse response;
  do {  // once more for each interim response (1xx)
    std::size_t head_end = 0;
    while ((head_end = input.find("\r\n\r\n")) == std::string::npos) {
      if (input.size() > kMaxHeadSize) return bad(Error(ErrorKind::kInvalidInput, "its header is larger than 64 KiB"));
      const bool first = !answer_began_;
      const auto patience = times_.progress + (first ? request.extra_patience : std::chrono::milliseconds(0));
      auto more = receive_some(input, patience, first ? request.interrupt_fd : -1);
      if (!more) return std::unexpected(more.error());
      if (!*more) return std::unexpected(unreachable("closed the connection instead of an answer"));
      answer_began_ = true;
    }
    auto head = parse_response_head(std::string_view(input).substr(0, head_end + 4));
    if (!head) return bad(head.error());
    response.head = *std::move(head);
    response.began = SystemClock().boot();
    input.erase(0, head_end + 4);
  } while (response.head.status < 200);

  const auto more_input = [&](std::string& into) -> Answer<bool> { return receive_some(into, times_.progress); };
  if (!response.head.has_body()) {
    // Bytes behind it would be taken for the next answer.
    if (!input.empty()) response.head.keep_alive = false;
  } else if (response.head.chunked) {
    ChunkedBody body;
    for (;;) {
      if (auto fed = body.feed(input, response.body); !fed) return bad(fed.error());
      if (body.done()) break;
      auto more = more_input(input);
      if (!more) return std::unexpected(more.error());
      if (!*more) return std::unexpected(unreachable("closed the connection in the middle of an answer"));
    }
  } else {
    // Without a length it goes on to the end of the stream.
    const bool to_the_end = !response.head.content_length;
    const std::size_t length = response.head.content_length.value_or(kMaxBodySize);
    if (length > kMaxBodySize) return bad(Error(ErrorKind::kInvalidInput, "it is larger than 256 MiB"));
    response.body = std::move(input);
    if (!to_the_end) response.body.reserve(std::min(length, kMostReserved) + kPiece);
    while (response.body.size() < length || to_the_end) {
      if (response.body.size() > kMaxBodySize) return bad(Error(ErrorKind::kInvalidInput, "it is larger than 256 MiB"));
      if (!to_the_end) wake_at(length - response.body.size());
      auto more = more_input(response.body);
      if (!more) return std::unexpected(more.error());
      if (*more) continue;
      if (to_the_end) break;
      return std::unexpected(unreachable("closed the connection in the middle of an answer"));
    }
    if (to_the_end || response.body.size() > length) response.head.keep_alive = false;
    if (!to_the_end) response.body.resize(std::min(response.body.size(), length));
    wake_at(1);
  }
  if (!response.head.keep_alive) disconnect();
  return response;
}

// A server that closed an idle connection has told us so by now. What is bound to an interface that is gone waits for an answer in vain.
bool HttpConnection::is_stale() const {
  if (interface_ && !is_bound_to(socket_.get(), *interface_)) return true;
  pollfd fd{.fd = socket_.get(), .events = POLLIN | POLLRDHUP, .revents = 0};
  return ::poll(&fd, 1, 0) != 0;
}

Answer<HttpResponse> HttpConnection::exchange(const HttpRequest& request) {
  std::string text;
  text.reserve(512 + request.body.size());
  fmt::format_to(std::back_inserter(text), "{} {} HTTP/1.1\r\nHost: {}\r\n{}", request.method, request.target, server_.to_string(),
                 request.fields);
  if (request.method == "POST" || request.method == "PUT")
    fmt::format_to(std::back_inserter(text), "Content-Type: application/json\r\nContent-Length: {}\r\n", request.body.size());
  text += "\r\n";
  text += request.body;

  sent_ = false;
  end_ = SystemClock().boot() + times_.whole + request.extra_patience;
  if (socket_ && is_stale()) disconnect();
  for (;;) {
    const bool kept = static_cast<bool>(socket_);
    answer_began_ = false;
    if (!kept) {
      notices_death_ = false;
      if (auto connected = connect(); !connected) {
        disconnect();
        return std::unexpected(connected.error());
      }
    }
    is_other_end_dead_ = false;
    if (std::exchange(notices_death_, request.notices_death) != request.notices_death)
      notice_death(socket_.get(), request.notices_death ? kDeathIsNoticedWithin : std::chrono::seconds(0));
    sent_ = true;
    if (auto sent = send(text); !sent) {
      disconnect();
      if (kept && request.method != "POST" && sent.error().kind() == ErrorKind::kUnreachable) continue;
      return std::unexpected(sent.error());
    }
    auto response = receive(request);
    if (response) return response;
    disconnect();
    // Of one that was closed a new one may do better, but not of one whose other end is dead.
    const bool again =
        kept && !answer_began_ && !is_other_end_dead_ && request.method != "POST" && response.error().kind() == ErrorKind::kUnreachable;
    if (!again) return response;
  }
}

}  // namespace innernet::client
