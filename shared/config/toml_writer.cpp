#include "toml_writer.hpp"

#include <fmt/format.h>

#include <iterator>

#include "innernet/base/utf8.hpp"

namespace innernet {

void TomlWriter::table(std::string_view name) {
  if (after_table_) out_ += '\n';
  after_table_ = true;
  out_.append("[").append(name).append("]\n");
}

void TomlWriter::string(std::string_view key, std::string_view value) {
  out_.append(key).append(" = ");
  quote(value);
  out_ += '\n';
}

void TomlWriter::string_with_quoted_key(std::string_view key, std::string_view value) {
  quote(key);
  out_ += " = ";
  quote(value);
  out_ += '\n';
}

void TomlWriter::integer(std::string_view key, std::uint64_t value) { fmt::format_to(std::back_inserter(out_), "{} = {}\n", key, value); }

void TomlWriter::quote(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    if (byte == '"' || byte == '\\') {
      out_ += '\\';
      out_ += text.front();
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04X}", byte);
    } else if (const std::size_t valid = utf8_length(text); valid > 0) {
      out_ += text.substr(0, valid);
      length = valid;
    } else {
      out_ += kReplacementCharacter;
    }
    text.remove_prefix(length);
  }
  out_ += '"';
}

}  // namespace innernet
