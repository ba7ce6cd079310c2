#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "innernet/command_line/command_line.hpp"

namespace innernet::command_line {

// Manual pages from the table that parses the command line, as man(7) sources. Only what builds the documents links this.

/// What a program's page has to say beyond its table.
struct ProgramManual {
  using Rows = std::vector<std::pair<std::string_view, std::string_view>>;

  std::vector<std::string_view> paragraphs;
  Rows files;
  Rows environment;
  Rows examples;  ///< a sentence, and the command line
  std::vector<std::string_view> see_also;
};

/// `innernet.8`
std::string program_page(const DefinedProgram& program, const ProgramManual& manual);
/// `innernet-add-peer.8`
std::string command_page(const DefinedProgram& program, const DefinedCommand& defined);

/// `text` as roff shows it: dashes are dashes, and nothing is a request.
std::string roff(std::string_view text);

}  // namespace innernet::command_line
