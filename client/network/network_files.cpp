#include "network_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace innernet::client {
namespace {

constexpr std::string_view kSetAside = ".pending.old";

// Of `NAME.pending.old` or `NAME.pending.old.N`; 0: something else.
unsigned number_of(std::string_view file, std::string_view name) {
  if (!file.starts_with(name) || !file.substr(name.size()).starts_with(kSetAside)) return 0;
  file.remove_prefix(name.size() + kSetAside.size());
  if (file.empty()) return 1;
  unsigned number = 0;
  const auto [end, failure] = std::from_chars(file.data() + 1, file.data() + file.size(), number);
  return file.front() == '.' && failure == std::errc() && end == file.data() + file.size() ? number : 0;
}

}  // namespace

std::filesystem::path set_aside_pending_file(const Folders& folders, const InterfaceName& name, unsigned number) {
  return folders.config / (number < 2 ? name.str() + std::string(kSetAside) : fmt::format("{}{}.{}", name.str(), kSetAside, number));
}

std::vector<std::filesystem::path> set_aside_pending_files(const Folders& folders, const InterfaceName& name) {
  std::vector<std::pair<unsigned, std::filesystem::path>> found;
  std::error_code failure;
  std::filesystem::directory_iterator files(folders.config, failure);
  for (; !failure && files != std::filesystem::directory_iterator(); files.increment(failure))
    if (const unsigned number = number_of(files->path().filename().native(), name.str()); number != 0)
      found.emplace_back(number, files->path());
  std::ranges::sort(found);
  std::vector<std::filesystem::path> paths;
  for (auto& [number, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace innernet::client
