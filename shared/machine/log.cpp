#include "innernet/machine/log.hpp"

#include <pthread.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace innernet::log {
namespace {

// Blocks SIGPIPE for this thread while a line is written: a reader of our stderr that went away must not end us, and a
// library has no business changing what the process does about the signal.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;
  ~WithoutSigpipe() {
    const timespec at_once{};
    if (raised_ && !was_pending_) ::sigtimedwait(&sigpipe_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  void raised() { raised_ = true; }

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
  bool raised_ = false;
};

// Best effort: there is nowhere to report that reporting failed.
void write_to_stderr(std::string_view line) {
  WithoutSigpipe guard;
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written > 0) {
      line.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      if (written < 0 && errno == EPIPE) guard.raised();
      return;
    }
  }
}

bool wants_colour() {
  const auto set = [](const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
  };
  const char* clicolor = std::getenv("CLICOLOR");
  const bool refused = set("NO_COLOR") || (clicolor != nullptr && std::string_view(clicolor) == "0");
  return !refused && ::isatty(STDERR_FILENO) == 1;
}

struct Style {
  std::string_view prefix;
  std::string_view colour;  // ECMA-48 SGR
};

Style style_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return {"[T]", "\x1b[2m"};
    case spdlog::level::debug:
      return {"[D]", "\x1b[34m"};
    case spdlog::level::warn:
      return {"[!]", "\x1b[33m"};
    case spdlog::level::err:
      return {"[E]", "\x1b[31m"};
    default:
      return {"[*]", "\x1b[32m"};
  }
}

class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const Style style = style_of(message.level);
    // Asked anew for each message: tests and daemons put another file behind descriptor 2.
    const std::string start =
        wants_colour() ? std::string(style.colour).append(style.prefix).append("\x1b[0m ") : std::string(style.prefix).append(" ");
    std::string lines;
    lines.reserve(message.payload.size() + 16);
    for (std::string_view rest(message.payload.data(), message.payload.size());;) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      lines.append(start).append(line).append("\n");
      if (line.size() == rest.size()) break;
      rest.remove_prefix(line.size() + 1);
    }
    write_to_stderr(lines);
  }
  void flush_() override {}
};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kTrace:
      return spdlog::level::trace;
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Outside spdlog's registry, which reads the environment and starts more than these programs use. Never destroyed, so
// that threads and destructors may log until the very end.
spdlog::logger& logger() {
  static auto* const instance = new spdlog::logger("innernet", std::make_shared<StderrSink>());
  return *instance;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<Level> parse_level(std::string_view text) {
  const std::string name = lower(text);
  if (name == "error" || name == "off") return Level::kError;  // errors are never silenced
  if (name == "warn" || name == "warning") return Level::kWarning;
  if (name == "info") return Level::kInfo;
  if (name == "debug") return Level::kDebug;
  if (name == "trace") return Level::kTrace;
  return std::nullopt;
}

// The filter of Rust's env_logger: `info`, `innernet_server=debug,hyper=warn`, with an optional `/regex` at the end. A target without a
// level means everything.
std::optional<Level> level_in(std::string_view filter) {
  constexpr std::string_view kTarget = "innernet_server";
  std::optional<Level> bare, ours;
  filter = filter.substr(0, filter.find('/'));
  while (!filter.empty()) {
    const std::string_view part = filter.substr(0, filter.find(','));
    filter.remove_prefix(std::min(filter.size(), part.size() + 1));
    const std::string_view directive = trimmed(part);
    const std::size_t equals = directive.find('=');
    if (equals != std::string_view::npos) {
      if (trimmed(directive.substr(0, equals)) != kTarget) continue;
      if (const auto level = parse_level(trimmed(directive.substr(equals + 1)))) ours = level;
    } else if (directive == kTarget) {
      ours = Level::kTrace;
    } else if (const auto level = parse_level(directive)) {
      bare = level;
    }
  }
  return ours ? ours : bare;
}

}  // namespace

void set_level(Level level) { logger().set_level(to_spdlog(level)); }

bool enabled(Level level) { return logger().should_log(to_spdlog(level)); }

void write(Level level, std::string_view line) { logger().log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size())); }

Level level_from_environment(Level fallback) {
  for (const char* variable : {"INNERNET_LOG", "RUST_LOG"}) {
    if (const char* filter = std::getenv(variable))
      if (const auto level = level_in(filter)) return *level;
  }
  return fallback;
}

}  // namespace innernet::log
