#include "innernet/client/networks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "innernet/base/file.hpp"
#include "innernet/client/file_access.hpp"
#include "innernet/machine/log.hpp"
#include "pending_install.hpp"

namespace innernet::client {

Result<std::vector<InterfaceName>> configured_networks(const Folders& folders) {
  std::vector<InterfaceName> networks;
  std::error_code failure;
  std::filesystem::directory_iterator files(folders.config, failure);
  for (; !failure && files != std::filesystem::directory_iterator(); files.increment(failure)) {
    const std::filesystem::path& path = files->path();
    const std::string file_name = path.filename();
    std::error_code ignored;
    if (file_name.starts_with('.') || path.extension() != ".conf" || !files->is_regular_file(ignored)) continue;
    auto name = InterfaceName::parse(path.stem().string());
    if (!name) {
      log::warning("{} is skipped: {}", quoted(path.string()), name.error().message());
      continue;
    }
    networks.push_back(*std::move(name));
  }
  if (failure == std::errc::no_such_file_or_directory) return networks;
  if (failure) return std::unexpected(with_remedy(Error::system(failure.value(), folders.config.string()), folders.config / "."));
  std::ranges::sort(networks);
  return networks;
}

Result<InterfaceConfig> read_config(const Folders& folders, const InterfaceName& name) {
  const auto path = folders.config_file(name);
  auto config = InterfaceConfig::read(path);
  if (!config) {
    if (config.error().kind() != ErrorKind::kNotFound) return std::unexpected(with_remedy(std::move(config).error(), path));
    return fail(ErrorKind::kNotFound,
                fmt::format("network {} is not installed here: there is no {}; install an invitation first (innernet install FILE)",
                            quoted(name.str()), path.string()));
  }
  warn_of_access_by_others(path);
  return config;
}

bool has_foreign_key(const Folders& folders, const wg::Device& device) {
  const auto path = folders.config_file(device.name);
  const auto config = InterfaceConfig::read(path);
  if (!config || !device.public_key || device.public_key == config->private_key.public_key()) return false;
  return device.public_key != invitation_of_config(path);
}

Result<void> write_config(const Folders& folders, const InterfaceName& name, const InterfaceConfig& config) {
  const auto path = folders.config_file(name);
  if (auto written = replace_file(path, config.to_toml().reveal()); !written)
    return std::unexpected(with_remedy(std::move(written).error(), path));
  return {};
}

}  // namespace innernet::client
