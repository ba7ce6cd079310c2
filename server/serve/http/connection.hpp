#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "giving_way.hpp"
#include "http_message.hpp"
#include "http_server.hpp"
#include "innernet/json/json.hpp"
#include "linux/socket.hpp"
#include "shares.hpp"
#include "turns.hpp"

// The definitions are here because each file that includes Asio costs a quarter of a minute; only http_server.cpp includes this.

namespace innernet::server {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Steady = std::chrono::steady_clock;

/// What an answer says that HTTP itself has to give, made once.
inline std::shared_ptr<const std::string> protocol_error(unsigned status) {
  static const auto bad = std::make_shared<const std::string>(error_to_json("this is not an HTTP/1.1 request"));
  static const auto slow = std::make_shared<const std::string>(error_to_json("the request did not arrive within 10 s"));
  static const auto large = std::make_shared<const std::string>(error_to_json("the head of the request is larger than 8 KiB"));
  return status == 408 ? slow : status == 431 ? large : bad;
}

/// One client. Read a request, wait for its turn, write the answer, and again; each phase has a deadline, which the owner watches.
class Connection final : public Turns::Client, public std::enable_shared_from_this<Connection> {
 public:
  /// What a connection needs from the server, which outlives it.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual const HttpServer::Limits& limits() const = 0;
    virtual Turns& turns() = 0;
    virtual bool is_stopping() const = 0;
    virtual std::string_view date() = 0;
    /// Of starts and requests, to tell which came first.
    virtual std::uint64_t next_number() = 0;
    /// What moves more than a request or an answer that fits into the socket.
    virtual Shares& shares() = 0;
    virtual void key_change_due(const KeyChange& change) = 0;
    virtual void watch_acknowledgement(std::shared_ptr<Connection> connection, const KeyChange& change) = 0;
    virtual void closed(const std::shared_ptr<Connection>& connection) = 0;
  };

  Connection(Owner& owner, tcp::socket socket) : owner_(owner), socket_(std::move(socket)), input_(kFirstInputBytes) {}

  void start(const IpAddress& source) {
    request.source = source;
    since_ = owner_.next_number();
    deadline_ = coarse_now() + owner_.limits().idle;
    read();
  }

  void deliver(Response response) override {
    const auto self = shared_from_this();
    keep_alive_ = keep_alive_ && !gives_way_ && !owner_.is_stopping();
    key_change_ = std::move(response.key_change);
    head_text_.clear();
    append_response_head(head_text_, response, keep_alive_, owner_.date());
    // A HEAD is answered as the request that it is not (404), but without a body.
    if (may_have_body(response.status) && request.method != "HEAD") body_ = std::move(response.body);
    phase_ = Phase::kWriting;
    written_ = 0;
    answer_bytes_ = head_text_.size() + (body_ ? body_->size() : 0);
    deadline_ = coarse_now() + owner_.limits().no_progress;
    write();
  }

  void held() override {
    if (!eof_) read();
  }

  void close() {
    if (phase_ == Phase::kClosed) return;
    const auto self = shared_from_this();
    phase_ = Phase::kClosed;
    owner_.turns().leave(*this);
    body_.reset();
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (key_change_) owner_.key_change_due(*std::exchange(key_change_, std::nullopt));
    owner_.closed(self);
  }

  bool is_closed() const { return phase_ == Phase::kClosed; }

  Occupant occupant() const {
    const bool is_idle = phase_ == Phase::kReading && !has_head_ && begin_ == end_;
    return {.source = request.source,
            .doing = is_waiting() ? Occupant::Doing::kWaiting
                     : is_idle    ? Occupant::Doing::kIdle
                                  : Occupant::Doing::kAnythingElse,
            .since = since_};
  }
  /// There are too many connections: this one ends, with an answer if it waits for one.
  void give_way() {
    gives_way_ = true;
    if (!is_waiting()) return close();
    owner_.turns().stop_waiting(*this);
  }
  bool gives_way() const { return gives_way_; }
  Steady::time_point deadline() const { return deadline_; }

  void on_deadline() {
    if (phase_ == Phase::kReading && (has_head_ || begin_ != end_)) return refuse(408);
    close();
  }

  /// The server stops: whoever has asked nothing has nothing to wait for.
  void close_if_idle() {
    if (phase_ != Phase::kReading || has_head_ || begin_ != end_) return;
    char byte;
    if (::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return;  // has just asked
    close();
  }

  /// Whether the other side has everything that was sent.
  bool is_acknowledged() { return is_closed() || bytes_unacknowledged(socket_.native_handle()).value_or(0) == 0; }

 private:
  static constexpr std::size_t kFirstInputBytes = 1U << 10;
  static constexpr std::size_t kMaxInputBytes = kMaxHeadBytes + kMaxBodyBytes;
  /// A client that sends on after our last answer is listened to this long, so that a reset does not take the answer from it.
  static constexpr std::size_t kMaxLingerBytes = 1U << 20;
  static constexpr std::size_t kMaxPiece = 128U << 10;  ///< of an answer
  /// A read of a few bytes takes as long as copying so many.
  static constexpr std::size_t kCostOfRead = 8U << 10;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

  enum class Phase { kReading, kAsking, kWriting, kLingering, kClosed };

  void read() {
    if (reading_) return;
    if (eof_) return close();
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == input_.size()) {
      if (begin_ > 0) {
        std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
      } else if (input_.size() < kMaxInputBytes) {
        input_.resize(std::min(input_.size() * 4, kMaxInputBytes));
      } else {
        return;  // full of what is asked next; it waits for the answer
      }
    }
    reading_ = true;
    socket_.async_read_some(
        asio::buffer(input_.data() + end_, input_.size() - end_),
        [self = shared_from_this()](const boost::system::error_code& failure, std::size_t n) { self->on_read(failure, n); });
  }

  void on_read(const boost::system::error_code& failure, std::size_t n) {
    reading_ = false;
    if (phase_ == Phase::kClosed) return;
    if (failure) {
      // Once it has asked, the end of what the client sends is not yet the end of what it reads.
      if ((phase_ != Phase::kAsking && phase_ != Phase::kWriting) || failure != asio::error::eof) return close();
      eof_ = true;
      // One that has hung up looks the same, so nothing is kept for it: it is told that there is no news yet.
      if (phase_ == Phase::kAsking) owner_.turns().stop_waiting(*this);
      return;
    }
    switch (phase_) {
      case Phase::kReading:
        if (!has_head_ && begin_ == end_) deadline_ = coarse_now() + owner_.limits().head;
        end_ += n;
        return process();
      case Phase::kAsking:
        end_ += n;
        return read();
      case Phase::kWriting:
        end_ += n;
        return;
      case Phase::kLingering:
        lingered_ += n;
        begin_ = end_ = 0;
        return lingered_ > kMaxLingerBytes ? close() : read_on();
      case Phase::kClosed:
        return;
    }
  }

  /// The rest of what has begun.
  void read_on() {
    owner_.shares().go_on(request.source, kCostOfRead, [self = shared_from_this()] {
      if (self->phase_ != Phase::kClosed) self->read();
    });
  }

  /// Goes on with what has been read.
  void process() {
    if (!has_head_) {
      // An empty line before a request is skipped (RFC 9112, 2.2).
      while (end_ - begin_ >= 2 && input_[begin_] == '\r' && input_[begin_ + 1] == '\n') {
        begin_ += 2;
        searched_ = 0;
      }
      const std::string_view input(input_.data() + begin_, end_ - begin_);
      const std::size_t empty_line = input.find("\r\n\r\n", searched_);
      if (empty_line == std::string_view::npos) {
        if (input.size() >= kMaxHeadBytes) return refuse(431);
        searched_ = input.size() < 3 ? 0 : input.size() - 3;
        return read_on();
      }
      searched_ = 0;
      const auto head = parse_request_head(input.substr(0, empty_line + 4), request);
      if (!head) return refuse(head.error());
      begin_ += empty_line + 4;
      has_head_ = true;
      head_ = *head;
      if (head_.expects_continue && end_ - begin_ < head_.body_bytes) {
        // Best effort: a client that does not hear it sends its body all the same, a little later.
        (void)::send(socket_.native_handle(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      }
      if (end_ - begin_ < head_.body_bytes) deadline_ = coarse_now() + owner_.limits().head;
    }
    if (end_ - begin_ < head_.body_bytes) return read_on();
    request.body.assign(input_.data() + begin_, head_.body_bytes);
    begin_ += head_.body_bytes;
    has_head_ = false;
    keep_alive_ = head_.keep_alive;
    phase_ = Phase::kAsking;
    since_ = owner_.next_number();
    deadline_ = Steady::time_point::max();
    owner_.turns().ready(*this);
  }

  void refuse(unsigned status) {
    has_head_ = false;
    keep_alive_ = false;
    request.method.clear();
    Response response;
    response.status = status;
    response.body = protocol_error(status);
    deliver(std::move(response));
  }

  std::array<asio::const_buffer, 2> next_piece() const {
    const std::size_t of_head = std::min(written_, head_text_.size());
    std::array<asio::const_buffer, 2> buffers{asio::buffer(head_text_) + of_head, asio::const_buffer()};
    if (body_) buffers[1] = asio::buffer(asio::buffer(*body_) + (written_ - of_head), kMaxPiece);
    return buffers;
  }

  /// As send(2).
  ssize_t send_now() {
    if (!body_) return ::send(socket_.native_handle(), head_text_.data(), head_text_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    std::array<iovec, 2> pieces{{{head_text_.data(), head_text_.size()}, {const_cast<char*>(body_->data()), body_->size()}}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void write() {
    if (answer_bytes_ > kMaxPiece) return write_rest();
    // Most answers fit into the socket's buffer: no detour over the loop for them.
    if (const ssize_t sent = send_now(); sent >= 0)
      written_ += static_cast<std::size_t>(sent);
    else if (errno != EAGAIN && errno != EINTR)
      return close();
    if (written_ == answer_bytes_) return on_written();
    write_rest();
  }

  void write_rest() {
    owner_.shares().go_on(request.source, std::min(answer_bytes_ - written_, kMaxPiece), [self = shared_from_this()] {
      if (self->phase_ != Phase::kClosed) self->write_piece();
    });
  }

  void write_piece() {
    // Not Asio's async_write: it hands over at most 64 KiB at a time.
    socket_.async_write_some(next_piece(), [self = shared_from_this()](const boost::system::error_code& failure, std::size_t n) {
      if (self->phase_ == Phase::kClosed) return;
      if (failure) return self->close();
      self->written_ += n;
      self->deadline_ = coarse_now() + self->owner_.limits().no_progress;
      if (self->written_ == self->answer_bytes_) return self->on_written();
      self->write_rest();
    });
  }

  void on_written() {
    body_.reset();
    owner_.turns().sent(*this);
    if (key_change_) owner_.watch_acknowledgement(shared_from_this(), *std::exchange(key_change_, std::nullopt));
    if (keep_alive_ && !owner_.is_stopping()) {
      phase_ = Phase::kReading;
      deadline_ = coarse_now() + (begin_ == end_ ? owner_.limits().idle : owner_.limits().head);
      if (begin_ != end_) return process();
      return read();
    }
    if (eof_ || gives_way_) return close();
    // Closing with unread bytes in the socket would send a reset, which may overtake the answer.
    phase_ = Phase::kLingering;
    deadline_ = coarse_now() + owner_.limits().linger;
    begin_ = end_ = 0;
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    read();
  }

  Owner& owner_;
  tcp::socket socket_;
  Phase phase_ = Phase::kReading;
  std::uint64_t since_ = 0;      // number of the last request, or of the start
  Steady::time_point deadline_;  // by coarse_now(): it is looked at twice a second and set three times per request

  std::vector<char> input_;
  std::size_t begin_ = 0;  // of what has not been taken yet
  std::size_t end_ = 0;
  std::size_t searched_ = 0;  // from begin_: no empty line starts before
  bool reading_ = false;
  bool eof_ = false;
  bool gives_way_ = false;
  bool has_head_ = false;
  RequestHead head_;
  std::size_t lingered_ = 0;

  bool keep_alive_ = false;
  std::string head_text_;
  std::shared_ptr<const std::string> body_;
  std::size_t written_ = 0;
  std::size_t answer_bytes_ = 0;
  std::optional<KeyChange> key_change_;
};

}  // namespace innernet::server
