#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/command_line/command_line.hpp"
#include "innernet/command_line/terminal.hpp"
#include "innernet/json/json_object.hpp"
#include "innernet/prompt/asker.hpp"
#include "innernet/wireguard/backend.hpp"

namespace innernet::command_line {

/// How a command that told all there is to tell ended.
enum class Ending {
  kDone,
  kFailed,      ///< the reasons are in the log already
  kIncomplete,  ///< what was waited for has not come in time, as was said
  kGone,        ///< what it is about is not there any more, which the log says: starting it again is of no use
};

/// The world as a command of either program sees it. main() wires the real one, tests another.
struct Context {
  const GeneralOptions& general;
  const Clock& clock;
  Output& out;
  /// Answers what the options don't.
  prompt::Asker& asker;
  /// See wg::choose_backend.
  std::function<std::unique_ptr<wg::Backend>(const InterfaceName&)> backend;
  /// This machine's public address, as a DNS resolver sees it; none without an answer.
  std::function<std::optional<IpAddress>()> detect_public_ip;
  /// Tells whoever said no that nothing was changed.
  std::function<void()> tell_unchanged;

  bool has_reported = false;

  const Folders& folders() const { return general.folders; }

  /// Lines for people to read or pipe, which whoever wants JSON does not want. The last one's end may be missing.
  void print(std::string_view lines);
  /// The result for programs (doc/json.md): once, and only by what succeeded. Nothing without --json.
  void report(const JsonObject& document);
};

/// Whether to go ahead: yes when `yes`, else what the person says (default no). A no is told.
Result<bool> confirmed(Context& context, bool yes, std::string question);

}  // namespace innernet::command_line
