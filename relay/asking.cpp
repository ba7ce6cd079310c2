#include "asking.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "data_message.hpp"

namespace innernet::relay {

namespace {

// Headers of UDP and IP in front of a message.
std::size_t headers_to(const IpAddress& ip) { return 8 + (ip.is_v4() ? 20 : 40); }

}  // namespace

Asking::Asking(const wg::PrivateKey& own, std::span<const ProbeTarget> targets, std::chrono::milliseconds within, Prober::Path path,
               Randomness randomness, BootTime start)
    : own_(own), randomness_(std::move(randomness)), again_(std::chrono::nanoseconds(within) / kTries), path_(path), end_(start + within) {
  for (const ProbeTarget& target : targets) {
    const auto earlier = std::ranges::count_if(courses_, [&](const Course& course) { return course.target.key == target.key; });
    courses_.push_back({.target = target, .next = start + earlier * kApart, .tries = {}, .answer = {}, .path = {}});
  }
}

std::vector<Asking::Outgoing> Asking::due(BootTime now, WallTime wall) {
  std::vector<Outgoing> out;
  for (Course& course : courses_) {
    if (course.answer && !course.path.is_over && course.path.until <= now)
      for (auto& question : measure_path(course, now)) out.push_back(std::move(question));
    if (course.answer || course.next > now || course.tries.size() == kTries) continue;
    course.next = now + again_;
    if (auto initiation = begin(course, wall)) out.push_back(*std::move(initiation));
  }
  return out;
}

std::optional<Asking::Outgoing> Asking::begin(Course& course, WallTime wall) {
  SecretBytes<32> ephemeral;
  std::array<std::uint8_t, 4> sender;
  randomness_(ephemeral.reveal());
  randomness_(sender);
  auto initiated =
      initiate(own_, course.target.key, ephemeral.reveal(), timestamp_before_the_kernels(wall), std::bit_cast<std::uint32_t>(sender));
  if (!initiated) return std::nullopt;
  Try& one = course.tries.emplace_back(Try{.initiated = *std::move(initiated), .session = {}});
  return Outgoing{.to = course.target.address, .bytes = {one.initiated.message.begin(), one.initiated.message.end()}};
}

Asking::Outgoing Asking::ask(const Course& course, Try& one, std::size_t size) {
  Outgoing out{.to = course.target.address, .bytes = std::vector<std::uint8_t>(size)};
  put_question(text_of(out.bytes));
  seal_data(out.bytes, one.session->send_key.reveal(), one.session->remote_index, one.next_counter++);
  return out;
}

std::vector<Asking::Outgoing> Asking::on_packet(BootTime now, std::span<const std::uint8_t> bytes) {
  const auto message = parse_message(bytes);
  if (!message) return {};
  std::uint32_t receiver = 0;
  if (const auto* const response = std::get_if<Response>(&*message))
    receiver = response->receiver;
  else if (const auto* const reply = std::get_if<CookieReply>(&*message))
    receiver = reply->receiver;
  else if (const auto* const data = std::get_if<Data>(&*message))
    receiver = data->receiver;
  else
    return {};

  for (Course& course : courses_) {
    const auto found = std::ranges::find(course.tries, receiver, [](const Try& one) { return one.initiated.sender(); });
    if (found == course.tries.end()) continue;
    Try& one = *found;
    if (std::holds_alternative<Response>(*message) && !one.session) {
      one.session = accept(own_, one.initiated, bytes);
      if (!one.session) return {};
      one.asked = now;
      return {ask(course, one, kLeastQuestion)};
    } else if (std::holds_alternative<CookieReply>(*message) && !one.session && !one.has_cookie) {
      const auto cookie = open_cookie(one.initiated, bytes);
      if (!cookie) return {};
      one.has_cookie = true;
      put_cookie(one.initiated.message, *cookie);
      return {Outgoing{.to = course.target.address, .bytes = {one.initiated.message.begin(), one.initiated.message.end()}}};
    } else if (const auto* const data = std::get_if<Data>(&*message); data != nullptr && one.session && data->counter < one.next_counter) {
      std::vector<std::uint8_t> text(bytes.size() - kLeastDataSize);
      if (!open_data(one.session->receive_key.reveal(), *data, text)) return {};
      const auto seen_at = parse_answer(text);
      if (!seen_at) return {};
      return on_answer(course, static_cast<std::size_t>(found - course.tries.begin()), data->counter, *seen_at, now);
    }
    return {};
  }
  return {};
}

std::vector<Asking::Outgoing> Asking::on_answer(Course& course, std::size_t with, std::uint64_t counter, const SocketAddress& seen_at,
                                                BootTime now) {
  PathLook& path = course.path;
  if (!course.answer) {
    course.answer = {.round_trip = now - course.tries[with].asked, .seen_at = seen_at};
    path.is_over = path_ == Prober::Path::kIgnored;
    path.with = with;
    return path.is_over ? std::vector<Outgoing>() : measure_path(course, now);
  }
  if (path.is_over || with != path.with || counter == 0 || counter > path.mtus.size()) return {};
  auto& largest = course.answer->path_mtu;
  largest = std::max(largest.value_or(0), path.mtus[counter - 1]);
  path.is_over = *largest == kPathMtus.front();
  return {};
}

std::vector<Asking::Outgoing> Asking::measure_path(Course& course, BootTime now) {
  PathLook& path = course.path;
  constexpr int kRounds = 2;
  path.is_over = path.rounds == kRounds;
  if (path.is_over) return {};
  ++path.rounds;
  path.until = now + std::max<std::chrono::nanoseconds>(2 * course.answer->round_trip, std::chrono::milliseconds(150));
  std::vector<Outgoing> out;
  for (const std::size_t mtu : kPathMtus) {
    if (mtu <= course.answer->path_mtu.value_or(0)) break;
    path.mtus.push_back(mtu);
    out.push_back(ask(course, course.tries[path.with], mtu - headers_to(course.target.address.ip)));
  }
  return out;
}

bool Asking::has_all() const {
  return std::ranges::all_of(courses_, [](const Course& course) { return course.answer && course.path.is_over; });
}

BootTime Asking::next() const {
  if (has_all()) return BootTime();
  BootTime out = end_;
  for (const Course& course : courses_) {
    if (!course.answer && course.tries.size() < kTries)
      out = std::min(out, course.next);
    else if (course.answer && !course.path.is_over)
      out = std::min(out, course.path.until);
  }
  return out;
}

bool Asking::is_over(BootTime now) const { return now >= end_ || has_all(); }

ProbeAnswers Asking::answers() const {
  ProbeAnswers out;
  for (const Course& course : courses_) out.push_back(course.answer);
  return out;
}

}  // namespace innernet::relay
