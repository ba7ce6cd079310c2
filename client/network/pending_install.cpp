#include "pending_install.hpp"

#include <fmt/format.h>

#include "innernet/base/file.hpp"

namespace innernet::client {
namespace {

constexpr std::string_view kMark = "# An install of this network has not ended yet. Public key of its invitation: ";

std::optional<wg::PublicKey> mark_of(std::string_view text) {
  if (!text.starts_with(kMark)) return std::nullopt;
  text.remove_prefix(kMark.size());
  const auto key = wg::PublicKey::parse(text.substr(0, text.find('\n')));
  if (!key) return std::nullopt;
  return *key;
}

}  // namespace

SecretText PendingInstall::to_text() const {
  const SecretText toml = config.to_toml();
  SecretText text;
  text.edit().reserve(kMark.size() + 64 + toml.reveal().size());
  text.edit().append(kMark).append(invitation.to_base64()).append("\n").append(toml.reveal());
  return text;
}

Result<std::optional<PendingInstall>> PendingInstall::read(const std::filesystem::path& path) {
  auto content = read_secret_file(path);
  if (!content) {
    if (content.error().kind() == ErrorKind::kNotFound) return std::nullopt;
    return std::unexpected(std::move(content).error());
  }
  const auto invitation = mark_of(content->reveal());
  if (!invitation) return invalid_input(fmt::format("{}: does not say which invitation it belongs to", path.string()));
  TRY_CONTEXT(auto config, InterfaceConfig::parse(content->reveal()), path.string());
  return PendingInstall{.invitation = *invitation, .config = std::move(config)};
}

std::optional<wg::PublicKey> invitation_of_config(const std::filesystem::path& config_file) {
  const auto content = read_secret_file(config_file);
  if (!content) return std::nullopt;
  return mark_of(content->reveal());
}

}  // namespace innernet::client
