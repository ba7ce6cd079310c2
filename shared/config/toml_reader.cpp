#include "toml_reader.hpp"

#include <fmt/format.h>
#include <string.h>  // explicit_bzero is not in <cstring>

#include <algorithm>

// An invitation comes from somebody else. Values that nest deeper than ours ever would are an error, not a deep recursion.
#define TOML_MAX_NESTED_VALUES 16
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace innernet {
namespace {

// Each dot of a key is a table inside another, and toml++ destroys them recursively.
constexpr std::ptrdiff_t kMostDotsInALine = 64;

bool has_line_with_many_dots(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t first = line.find_first_not_of(" \t");
    const bool is_comment = first != std::string_view::npos && line[first] == '#';  // or inside a string, where a dot nests nothing either
    if (!is_comment && std::ranges::count(line, '.') > kMostDotsInALine) return true;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return false;
}

void wipe(toml::node& node) {
  if (auto* text = node.as_string()) {
    ::explicit_bzero(text->get().data(), text->get().size());
  } else if (auto* table = node.as_table()) {
    for (auto&& [key, value] : *table) wipe(value);
  } else if (auto* array = node.as_array()) {
    for (auto& value : *array) wipe(value);
  }
}

std::string path_of(std::string_view table, std::string_view key) {
  return table.empty() ? std::string(key) : fmt::format("{}.{}", table, key);
}

}  // namespace

struct TomlDocument::Impl {
  toml::table root;

  const toml::node* find(std::string_view table, std::string_view key) const {
    const toml::table* in = table.empty() ? &root : root[table].as_table();
    return in == nullptr ? nullptr : in->get(key);
  }
  Result<const toml::node*> require(std::string_view table, std::string_view key) const {
    const toml::node* node = find(table, key);
    if (node == nullptr) return invalid_input(fmt::format("{} is missing", path_of(table, key)));
    return node;
  }
};

TomlDocument::TomlDocument(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() {
  if (impl_) wipe(impl_->root);
}

Result<TomlDocument> TomlDocument::parse(std::string_view text) {
  if (has_line_with_many_dots(text))
    return invalid_input(fmt::format("a line has more than {} dots, which no config needs", kMostDotsInALine));
  try {
    auto impl = std::make_unique<Impl>();
    impl->root = toml::parse(text);
    return TomlDocument(std::move(impl));
  } catch (const toml::parse_error& error) {
    // Not its description, which quotes the text.
    const auto where = error.source().begin;
    return invalid_input(fmt::format("line {}, column {}: not valid TOML", where.line, where.column));
  }
}

bool TomlDocument::has(std::string_view table, std::string_view key) const { return impl_->find(table, key) != nullptr; }

Error TomlDocument::at(std::string_view table, std::string_view key, Error what) const {
  const std::string path = path_of(table, key);
  const toml::node* node = impl_->find(table, key);
  const auto line = node == nullptr ? 0 : node->source().begin.line;
  return std::move(what).context(line == 0 ? path : fmt::format("line {}: {}", line, path));
}

Result<std::string> TomlDocument::string(std::string_view table, std::string_view key) const {
  TRY(const toml::node* node, impl_->require(table, key));
  const auto* text = node->as_string();
  if (text == nullptr) return std::unexpected(at(table, key, Error(ErrorKind::kInvalidInput, "expected a string in quotes")));
  return text->get();
}

Result<SecretText> TomlDocument::secret(std::string_view table, std::string_view key) const {
  TRY(auto text, string(table, key));
  return SecretText(std::move(text));
}

Result<std::int64_t> TomlDocument::integer(std::string_view table, std::string_view key, std::int64_t low, std::int64_t high) const {
  TRY(const toml::node* node, impl_->require(table, key));
  const auto* number = node->as_integer();
  if (number == nullptr || number->get() < low || number->get() > high)
    return std::unexpected(at(table, key, Error(ErrorKind::kInvalidInput, fmt::format("expected a number from {} to {}", low, high))));
  return number->get();
}

Result<std::vector<std::pair<std::string, std::string>>> TomlDocument::strings(std::string_view table) const {
  std::vector<std::pair<std::string, std::string>> out;
  const toml::node* node = impl_->root.get(table);
  if (node == nullptr) return out;
  const auto* in = node->as_table();
  if (in == nullptr) return std::unexpected(at({}, table, Error(ErrorKind::kInvalidInput, "expected a table")));
  for (const auto& [key, value] : *in) {
    TRY(auto text, string(table, key.str()));
    out.emplace_back(key.str(), std::move(text));
  }
  return out;
}

}  // namespace innernet
