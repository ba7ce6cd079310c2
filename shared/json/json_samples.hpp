#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "innernet/json/json.hpp"

namespace innernet::testing {

/// An object as text, of which a test changes one field.
class Object {
 public:
  explicit Object(std::vector<std::pair<std::string, std::string>> fields) : fields_(std::move(fields)) {}

  Object with(const std::string& key, const std::string& value) const {
    Object changed = *this;
    for (auto& [name, old] : changed.fields_)
      if (name == key) old = value;
    return changed;
  }
  Object without(const std::string& key) const {
    Object changed = *this;
    std::erase_if(changed.fields_, [&key](const auto& field) { return field.first == key; });
    return changed;
  }
  Object and_also(const std::string& key, const std::string& value) const {
    Object changed = *this;
    changed.fields_.emplace_back(key, value);
    return changed;
  }
  std::string text() const {
    std::string out = "{";
    for (const auto& [key, value] : fields_) out += (out.size() > 1 ? ",\"" : "\"") + key + "\":" + value;
    return out + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

inline const Object kPeer({{"id", "3"},
                           {"name", "\"alice\""},
                           {"ip", "\"10.66.1.2\""},
                           {"cidr_id", "4"},
                           {"public_key", "\"gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=\""},
                           {"endpoint", "\"192.0.2.1:51820\""},
                           {"persistent_keepalive_interval", "25"},
                           {"is_admin", "true"},
                           {"is_disabled", "false"},
                           {"is_redeemed", "true"},
                           {"invite_expires", R"({"secs_since_epoch":1797953093,"nanos_since_epoch":5})"},
                           {"candidates", R"(["192.0.2.1:51820","[2001:db8::1]:2"])"}});
inline const Object kCidr({{"id", "3"}, {"name", "\"humans\""}, {"cidr", "\"10.66.1.0/24\""}, {"parent", "1"}});
inline const Object kAssociation({{"id", "1"}, {"cidr_id_1", "3"}, {"cidr_id_2", "4"}});

inline std::vector<std::string>& warnings() {
  static std::vector<std::string> list;
  return list;
}
inline const Warn kWarn = [](std::string_view text) { warnings().emplace_back(text); };

template <class T>
std::optional<std::string> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().message());
}

}  // namespace innernet::testing
