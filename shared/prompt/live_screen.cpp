#include "innernet/prompt/live_screen.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "innernet/base/temp_file.hpp"
#include "keys.hpp"
#include "raw_mode.hpp"
#include "text.hpp"

namespace innernet::prompt {
namespace {

// xterm's other screen, so that what was on this one comes back (smcup, rmcup of all that are left), and DECTCEM for the cursor.
constexpr std::string_view kBegin = "\x1b[?1049h\x1b[?25l", kEnd = "\x1b[?1049l\x1b[?25h";

std::string_view begin_of(LineStyle style) {
  if (style == LineStyle::kTitle) return "\x1b[1m";
  return style == LineStyle::kFaint ? "\x1b[2m" : "";
}

}  // namespace

struct LiveScreen::Parts {
  int stop_fd;
  RawMode mode{STDIN_FILENO};
  KeyDecoder keys{};
  bool is_shown = false;

  static bool write(std::string_view bytes) { return write_all(STDOUT_FILENO, bytes).has_value(); }
  void show() {
    if (!is_shown) is_shown = write(kBegin);
  }
  void hide() {
    if (std::exchange(is_shown, false)) (void)write(kEnd);
  }

  /// Ctrl-Z: stops this job, as the terminal would have done, and goes on when it is continued.
  void suspend() {
    hide();
    mode.leave();
    ::kill(0, SIGTSTP);
  }

  std::optional<Woken> press(const Key& key) {
    if (key.kind == KeyKind::kInterrupt || key.kind == KeyKind::kEndOfInput || key.text == "q" || key.text == "Q") return Woken::kEnd;
    if (key.kind == KeyKind::kSuspend) suspend();
    if (key.kind == KeyKind::kSuspend || key.kind == KeyKind::kRedraw) return again();
    return std::nullopt;
  }
  /// The mode may have been changed by the shell of a job that was stopped.
  Woken again() {
    if (!mode.enter()) return Woken::kEnd;
    show();
    return is_shown ? Woken::kRedraw : Woken::kEnd;
  }
};

bool LiveScreen::is_possible() {
  const char* const term = std::getenv("TERM");
  const bool can_move = term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
  return can_move && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

LiveScreen::LiveScreen(int stop_fd) : parts_(new Parts{.stop_fd = stop_fd}) {}

LiveScreen::~LiveScreen() { parts_->hide(); }

Result<void> LiveScreen::enter() {
  TRY_VOID(parts_->mode.enter());
  parts_->show();
  return {};
}

Size LiveScreen::size() const { return size_of_terminal(STDOUT_FILENO); }

bool LiveScreen::draw(const std::vector<Line>& lines) {
  const Size room = size();
  std::string out = "\x1b[H";
  for (std::size_t i = 0; i < std::min(lines.size(), room.rows); ++i) {
    const Line& line = lines[i];
    const std::string_view begin = begin_of(line.style);
    // Erased first: behind a line that is as long as the terminal is wide, its last character would go.
    out.append(i == 0 ? "" : "\r\n")
        .append("\x1b[K")
        .append(begin)
        .append(cut(line.text, room.columns))
        .append(begin.empty() ? "" : "\x1b[m");
  }
  return Parts::write(out + (lines.size() < room.rows ? "\r\n\x1b[J" : ""));
}

LiveScreen::Woken LiveScreen::wait(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    for (auto key = parts_->keys.next(); key; key = parts_->keys.next())
      if (const auto woken = parts_->press(*key)) return *woken;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      // Nobody is in the middle of a key for a second.
      parts_->keys.nothing_follows();
      return Woken::kTime;
    }
    pollfd waiting[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                        {.fd = parts_->mode.signal_fd(), .events = POLLIN, .revents = 0},
                        {.fd = parts_->stop_fd, .events = POLLIN, .revents = 0}};
    const int ready = ::poll(waiting, 3, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return Woken::kEnd;
    switch (parts_->mode.signalled()) {
      case Signalled::kEnd:
        return Woken::kEnd;
      case Signalled::kRedraw:
        return parts_->again();
      case Signalled::kNothing:
        break;
    }
    if (ready <= 0) continue;
    if (waiting[2].revents != 0) return Woken::kEnd;
    if (waiting[0].revents == 0) continue;
    char bytes[256];
    const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (got > 0) parts_->keys.feed({bytes, static_cast<std::size_t>(got)});
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) return Woken::kEnd;
  }
}

}  // namespace innernet::prompt
