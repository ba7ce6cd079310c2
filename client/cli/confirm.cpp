#include "confirm.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "innernet/base/temp_file.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kLongestAnswer = 1024;

/// A line from the terminal, in its ordinary mode: the kernel echoes and edits, and there is nothing to restore afterwards.
Result<std::string> read_line(std::string_view question, const Stop& stop) {
  const auto unanswered = [question](std::string_view why) {
    return fail(ErrorKind::kSystem, fmt::format("{} was not answered: {}", quoted(question), why));
  };
  std::string line;
  while (line.size() < kLongestAnswer) {
    pollfd waiting[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}, {.fd = stop.fd(), .events = POLLIN, .revents = 0}};
    const int ready = ::poll(waiting, 2, -1);
    if (ready < 0 && errno != EINTR) return fail_errno(errno, "waiting for an answer");
    if (stop.requested()) return unanswered("interrupted");
    if (ready <= 0) continue;
    char c = 0;
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return unanswered("standard input has ended");
    if (c == '\n') return line;
    line.push_back(c);
  }
  return unanswered("the answer is too long");
}

}  // namespace

bool agrees(std::string_view line, bool by_default) {
  std::string word;
  for (const char c : line)
    if (c != ' ' && c != '\t' && c != '\r') word.push_back('A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  return word.empty() ? by_default : word == "y" || word == "yes";
}

Result<bool> confirm(std::string_view question, bool by_default, std::string_view instead, const Stop& stop) {
  if (::isatty(STDIN_FILENO) != 1)
    return invalid_input(fmt::format("{} can't be asked without a terminal: give {}", quoted(question), instead));
  (void)write_all(STDERR_FILENO, fmt::format("{} [{}] ", question, by_default ? "Y/n" : "y/N"));
  TRY(const std::string line, read_line(question, stop));
  return agrees(line, by_default);
}

}  // namespace innernet::client
