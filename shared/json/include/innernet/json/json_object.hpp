#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/json/json.hpp"

namespace innernet {

/// A JSON object, its fields in the order in which they were added. What --json prints (doc/json.md).
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) {
    append_json_string(field(name), value);
    return *this;
  }
  JsonObject& text(std::string_view name, const std::string& value) { return text(name, std::string_view(value)); }
  JsonObject& text(std::string_view name, const char* value) { return text(name, std::string_view(value)); }
  JsonObject& text(std::string_view name, const std::optional<std::string>& value) {
    return value ? text(name, std::string_view(*value)) : json(name, "null");
  }
  JsonObject& boolean(std::string_view name, bool value) { return json(name, value ? "true" : "false"); }
  JsonObject& number(std::string_view name, std::integral auto value) { return json(name, std::to_string(value)); }
  template <std::integral Number>
  JsonObject& number(std::string_view name, const std::optional<Number>& value) {
    return json(name, value ? std::to_string(*value) : "null");
  }
  /// A peer, a CIDR, an association or a list of such, as the HTTP API has them.
  template <class T>
  JsonObject& value(std::string_view name, const T& value) {
    append_json(field(name), value);
    return *this;
  }
  JsonObject& list(std::string_view name, const std::vector<JsonObject>& objects) {
    std::string& out = field(name);
    out += '[';
    for (const JsonObject& object : objects) {
      if (out.back() != '[') out += ',';
      out += object.str();
    }
    out += ']';
    return *this;
  }
  /// `value` is JSON already.
  JsonObject& json(std::string_view name, std::string_view value) {
    field(name) += value;
    return *this;
  }

  std::string str() const { return fields_.empty() ? "{}" : fields_ + '}'; }

 private:
  std::string& field(std::string_view name) {
    fields_ += fields_.empty() ? '{' : ',';
    append_json_string(fields_, name);
    return fields_ += ':';
  }

  std::string fields_;
};

/// The answer of a command that changed something: `{"changed":true` and what follows.
inline JsonObject changed() { return std::move(JsonObject().boolean("changed", true)); }

}  // namespace innernet
