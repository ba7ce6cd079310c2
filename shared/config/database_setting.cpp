#include "innernet/config/database_setting.hpp"

#include <algorithm>
#include <vector>

#include "innernet/config/config.hpp"
#include "toml_writer.hpp"

namespace innernet {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// With their ends.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end == std::string_view::npos ? text.size() : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

bool begins_table(std::string_view line) { return without_blanks(line).starts_with('['); }

bool begins_database(std::string_view line) {
  line = without_blanks(line);
  const auto end = line.find(']');
  return line.starts_with('[') && end != std::string_view::npos && without_blanks(line.substr(1, end - 1)) == "database";
}

bool is_url(std::string_view line) {
  line = without_blanks(line);
  const auto equals = line.find('=');
  return equals != std::string_view::npos && without_blanks(line.substr(0, equals)) == "url";
}

void append(WipedString& out, const std::vector<std::string_view>& lines) {
  for (const auto line : lines) {
    if (!out.empty() && out.back() != '\n') out += '\n';
    out.append(line);
  }
}

/// What is wanted of it, whatever the text looks like.
bool differ_in_database_alone(const ServerConfig& before, const ServerConfig& after, const std::optional<DatabaseUrl>& url) {
  return after.database_url == url && before.private_key.public_key() == after.private_key.public_key() &&
         before.listen_port == after.listen_port && before.address == after.address &&
         before.network_cidr_prefix == after.network_cidr_prefix;
}

}  // namespace

Result<SecretText> with_database_url(std::string_view toml, const std::optional<DatabaseUrl>& url) {
  TRY(const auto before, ServerConfig::parse(toml));
  // The three parts of the text: up to the table's first line, the table's others, what follows.
  auto lines = lines_of(toml);
  const auto header = std::ranges::find_if(lines, begins_database);
  const auto behind = header == lines.end() ? header : std::find_if(header + 1, lines.end(), begins_table);
  std::vector<std::string_view> start(lines.begin(), header);
  std::vector<std::string_view> table(header, behind);
  const std::vector<std::string_view> rest(behind, lines.end());

  std::erase_if(table, is_url);
  SecretText url_line;
  if (url) TomlWriter(url_line.edit()).string("url", url->str());
  if (url && table.empty()) {
    if (!start.empty()) start.emplace_back("\n");
    table.emplace_back("[database]\n");
  }
  if (url) table.insert(table.begin() + 1, url_line.reveal());
  // What stays behind without it is an empty table, which we have made.
  if (!url && std::ranges::count_if(table, [](std::string_view line) { return !without_blanks(line).empty(); }) == 1) {
    table.clear();
    while (rest.empty() && !start.empty() && without_blanks(start.back()).empty()) start.pop_back();
  }

  SecretText after;
  after.edit().reserve(toml.size() + (url ? url->str().size() : 0) + sizeof "\n\n[database]\nurl = \"\"\n");
  append(after.edit(), start);
  append(after.edit(), table);
  append(after.edit(), rest);
  const auto read = ServerConfig::parse(after.reveal());
  if (!read || !differ_in_database_alone(before, *read, url))
    return invalid_input(
        "it says where the database is in a way that is not ours to change: write [database] and below it url = \"…\", each on its own "
        "line");
  return after;
}

}  // namespace innernet
