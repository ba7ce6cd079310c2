#include "innernet/prompt/asker.hpp"

#include <fmt/format.h>

namespace innernet::prompt {

std::unexpected<Error> nobody_to_ask(const std::string& question, const std::string& option) {
  return invalid_input(fmt::format("{} can't be asked without a terminal: give {}", quoted(question), option));
}

}  // namespace innernet::prompt
