#include "target.hpp"

#include <algorithm>
#include <charconv>

namespace innernet::server::api {

std::vector<std::string_view> path_components(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  // The absolute form, as a client sends it to a proxy (RFC 9112 3.2.2).
  if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
    target.remove_prefix(scheme + 3);
    target.remove_prefix(std::min(target.find('/'), target.size()));
  }
  target.remove_prefix(std::min(target.find_first_not_of('/'), target.size()));

  std::vector<std::string_view> components;
  components.reserve(static_cast<std::size_t>(std::ranges::count(target, '/')) + 1);
  for (;;) {
    const std::size_t slash = target.find('/');
    components.push_back(target.substr(0, slash));
    if (slash == std::string_view::npos) return components;
    target.remove_prefix(slash + 1);
  }
}

std::optional<std::int64_t> parse_id(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t id = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

}  // namespace innernet::server::api
