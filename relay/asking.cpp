#include "asking.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "data_message.hpp"

namespace innernet::relay {

Asking::Asking(const wg::PrivateKey& own, std::span<const ProbeTarget> targets, std::chrono::milliseconds within, Randomness randomness,
               BootTime start)
    : own_(own), randomness_(std::move(randomness)), again_(std::chrono::nanoseconds(within) / kTries), end_(start + within) {
  for (const ProbeTarget& target : targets) {
    const auto earlier = std::ranges::count_if(courses_, [&](const Course& course) { return course.target.key == target.key; });
    courses_.push_back({.target = target, .next = start + earlier * kApart, .tries = {}, .answer = {}});
  }
}

std::vector<Asking::Outgoing> Asking::due(BootTime now, WallTime wall) {
  std::vector<Outgoing> out;
  for (Course& course : courses_) {
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

Asking::Outgoing Asking::ask(const Course& course, Try& one, BootTime now) {
  Outgoing out{.to = course.target.address, .bytes = std::vector<std::uint8_t>(kLeastQuestion)};
  put_question(text_of(out.bytes));
  seal_data(out.bytes, one.session->send_key.reveal(), one.session->remote_index, 0);
  one.asked = now;
  return out;
}

std::optional<Asking::Outgoing> Asking::on_packet(BootTime now, std::span<const std::uint8_t> bytes) {
  const auto message = parse_message(bytes);
  if (!message) return std::nullopt;
  std::uint32_t receiver = 0;
  if (const auto* const response = std::get_if<Response>(&*message))
    receiver = response->receiver;
  else if (const auto* const reply = std::get_if<CookieReply>(&*message))
    receiver = reply->receiver;
  else if (const auto* const data = std::get_if<Data>(&*message))
    receiver = data->receiver;
  else
    return std::nullopt;

  for (Course& course : courses_) {
    const auto found = std::ranges::find(course.tries, receiver, [](const Try& one) { return one.initiated.sender(); });
    if (found == course.tries.end() || course.answer) continue;
    Try& one = *found;
    if (std::holds_alternative<Response>(*message) && !one.session) {
      one.session = accept(own_, one.initiated, bytes);
      if (one.session) return ask(course, one, now);
    } else if (std::holds_alternative<CookieReply>(*message) && !one.session && !one.has_cookie) {
      const auto cookie = open_cookie(one.initiated, bytes);
      if (!cookie) return std::nullopt;
      one.has_cookie = true;
      put_cookie(one.initiated.message, *cookie);
      return Outgoing{.to = course.target.address, .bytes = {one.initiated.message.begin(), one.initiated.message.end()}};
    } else if (const auto* const data = std::get_if<Data>(&*message); data != nullptr && one.session && data->counter == 0) {
      std::vector<std::uint8_t> text(bytes.size() - kLeastDataSize);
      if (!open_data(one.session->receive_key.reveal(), *data, text)) return std::nullopt;
      if (const auto seen_at = parse_answer(text)) course.answer = {.round_trip = now - one.asked, .seen_at = *seen_at};
    }
    return std::nullopt;
  }
  return std::nullopt;
}

BootTime Asking::next() const {
  BootTime out = end_;
  for (const Course& course : courses_)
    if (!course.answer && course.tries.size() < kTries) out = std::min(out, course.next);
  return out;
}

bool Asking::is_over(BootTime now) const {
  return now >= end_ || std::ranges::all_of(courses_, [](const Course& course) { return course.answer.has_value(); });
}

std::vector<std::optional<ProbeAnswer>> Asking::answers() const {
  std::vector<std::optional<ProbeAnswer>> out;
  for (const Course& course : courses_) out.push_back(course.answer);
  return out;
}

}  // namespace innernet::relay
