#include "innernet/prompt/terminal_asker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "innernet/base/temp_file.hpp"
#include "innernet/base/unique_fd.hpp"
#include "keys.hpp"
#include "list_form.hpp"
#include "painter.hpp"
#include "raw_mode.hpp"
#include "text_form.hpp"
#include "yes_no_form.hpp"

namespace innernet::prompt {
namespace {

// How long the rest of an escape sequence may be on its way. More than a slow line needs, less than a person notices.
constexpr int kEscapeMilliseconds = 60;

class TerminalAsker final : public Asker {
 public:
  explicit TerminalAsker(int stop_fd)
      : stop_fd_(stop_fd),
        painter_(make_painter({.term = std::getenv("TERM"), .no_color = std::getenv("NO_COLOR"), .clicolor = std::getenv("CLICOLOR")})) {
    if (::isatty(STDERR_FILENO) != 1) own_screen_ = UniqueFd(::open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC));
  }

  bool can_ask() const override { return ::isatty(STDIN_FILENO) == 1 && ::isatty(screen()) == 1; }

  Result<std::string> text(const TextQuestion& question) override {
    TextForm form(question);
    TRY_VOID(run(form, question.text, question.option));
    return form.answer();
  }
  Result<std::size_t> choose(const ListQuestion& question) override {
    if (question.items.empty())
      return fail(ErrorKind::kNotFound, fmt::format("{}: there is nothing to choose from", quoted(question.text)));
    ListForm form(question);
    TRY_VOID(run(form, question.text, question.option));
    return form.answer();
  }
  Result<bool> yes_or_no(const YesNoQuestion& question) override {
    YesNoForm form(question);
    // Nobody agrees to what they have not seen yet.
    TRY_VOID(run(form, question.text, question.option, TypedAhead::kIsDropped));
    return form.answer();
  }

 private:
  /// Why no key came.
  enum class Wake { kKey, kRedraw, kInterrupted, kGone };

  enum class TypedAhead { kAnswers, kIsDropped };
  Result<void> run(Form& form, const std::string& question, const std::string& option, TypedAhead typed_ahead = TypedAhead::kAnswers);
  Result<void> answer(Form& form, RawMode& mode, const std::string& question);
  Wake wait(RawMode& mode, std::optional<Key>& key);
  Wake read_keys();
  bool suspend(RawMode& mode, const Form& form);

  int screen() const { return own_screen_ ? own_screen_.get() : STDERR_FILENO; }
  /// False when the terminal has gone.
  bool show(std::string_view bytes) const { return write_all(screen(), bytes).has_value(); }

  Size size() const { return size_of_terminal(screen()); }

  int stop_fd_;
  UniqueFd own_screen_;
  std::unique_ptr<Painter> painter_;
  KeyDecoder keys_;  // outlives a question: what was typed ahead answers the next, unless that is for yes or no
};

std::unexpected<Error> unanswered(const std::string& question, std::string_view why) {
  return fail(ErrorKind::kInterrupted, fmt::format("{} at the question {}", why, quoted(question)));
}

Result<void> TerminalAsker::run(Form& form, const std::string& question, const std::string& option, TypedAhead typed_ahead) {
  if (!can_ask()) return nobody_to_ask(question, option);
  RawMode mode(STDIN_FILENO);
  TRY_VOID_CONTEXT(mode.enter(), fmt::format("asking {}", quoted(question)));
  if (typed_ahead == TypedAhead::kIsDropped) {
    ::tcflush(STDIN_FILENO, TCIFLUSH);
    keys_ = {};
  }
  auto answered = answer(form, mode, question);
  (void)show(painter_->leave(form.left_behind(answered.has_value())));
  return answered;
}

Result<void> TerminalAsker::answer(Form& form, RawMode& mode, const std::string& question) {
  bool has_changed = true;
  while (true) {
    if (has_changed && !show(painter_->paint(form, size()))) return unanswered(question, "the terminal has gone");
    has_changed = true;
    std::optional<Key> key;
    switch (wait(mode, key)) {
      case Wake::kInterrupted:
        return unanswered(question, "interrupted");
      case Wake::kGone:
        return unanswered(question, "the terminal has gone");
      case Wake::kRedraw:
        TRY_VOID(mode.enter());
        continue;
      case Wake::kKey:
        break;
    }
    if (key->kind == KeyKind::kSuspend) {
      if (!suspend(mode, form)) return unanswered(question, "the terminal has gone");
      TRY_VOID(mode.enter());
      continue;
    }
    if (key->kind == KeyKind::kRedraw) continue;
    switch (form.press(*key)) {
      case Step::kAnswered:
        return {};
      case Step::kCancelled:
        return unanswered(question, "cancelled");
      case Step::kRefused:
        (void)show("\a");
        continue;
      case Step::kGoOn:
        continue;
    }
  }
}

TerminalAsker::Wake TerminalAsker::wait(RawMode& mode, std::optional<Key>& key) {
  while (true) {
    if (key = keys_.next(); key) return Wake::kKey;
    pollfd waiting[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                        {.fd = mode.signal_fd(), .events = POLLIN, .revents = 0},
                        {.fd = stop_fd_, .events = POLLIN, .revents = 0}};
    const int ready = ::poll(waiting, 3, keys_.is_in_escape() ? kEscapeMilliseconds : -1);
    if (ready < 0 && errno != EINTR) return Wake::kGone;
    switch (mode.signalled()) {
      case Signalled::kEnd:
        return Wake::kInterrupted;
      case Signalled::kRedraw:
        return Wake::kRedraw;
      case Signalled::kNothing:
        break;
    }
    if (ready < 0) continue;
    if (ready == 0) keys_.nothing_follows();
    if (waiting[2].revents != 0) return Wake::kInterrupted;
    if (waiting[0].revents != 0 && read_keys() == Wake::kGone) return Wake::kGone;
  }
}

TerminalAsker::Wake TerminalAsker::read_keys() {
  char bytes[256];
  const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (got > 0) keys_.feed({bytes, static_cast<std::size_t>(got)});
  const bool later = got < 0 && (errno == EINTR || errno == EAGAIN);
  return got > 0 || later ? Wake::kKey : Wake::kGone;
}

/// Ctrl-Z: stops this job, as the terminal would have done, and goes on when it is continued.
bool TerminalAsker::suspend(RawMode& mode, const Form& form) {
  const bool shown = show(painter_->leave(form.left_behind(false)));
  mode.leave();
  ::kill(0, SIGTSTP);
  return shown;
}

}  // namespace

std::unique_ptr<Asker> make_terminal_asker(int stop_fd) { return std::make_unique<TerminalAsker>(stop_fd); }

}  // namespace innernet::prompt
