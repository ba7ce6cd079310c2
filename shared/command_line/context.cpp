#include "innernet/command_line/context.hpp"

namespace innernet::command_line {

void Context::print(std::string_view lines) {
  if (general.json || lines.empty()) return;
  out.write(lines.ends_with('\n') ? std::string(lines) : std::string(lines) + '\n');
}

void Context::report(const JsonObject& document) {
  if (general.json) out.write(document.str() + '\n');
  has_reported = true;
}

Result<bool> confirmed(Context& context, bool yes, std::string question) {
  if (yes) return true;
  TRY(const bool agreed, context.asker.yes_or_no({.text = std::move(question), .option = "--yes", .by_default = false}));
  if (!agreed) context.tell_unchanged();
  return agreed;
}

}  // namespace innernet::command_line
