#include "innernet/client/saved_relays.hpp"

#include "innernet/base/file.hpp"
#include "innernet/json/json.hpp"
#include "innernet/machine/log.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kMostText = 64U << 10U;  // kMostRelays with long names take less

std::string text_of(const std::vector<Relay>& relays) { return to_json(std::span<const Relay>(relays)) + '\n'; }

}  // namespace

SavedRelays::SavedRelays(const Folders& folders, const InterfaceName& name) : path_(relays_file(folders, name)) {}

std::vector<Relay> SavedRelays::read() const {
  const auto text = read_file(path_, kMostText);
  if (!text) return {};
  auto relays = parse_relays(*text, [](std::string_view) {});
  if (relays) return *std::move(relays);
  log::debug("{}: {}", path_.native(), relays.error().message());
  return {};
}

bool SavedRelays::save(const std::vector<Relay>& relays) const {
  const auto there = read_file(path_, kMostText);
  if (there && *there == text_of(relays)) return true;
  const auto done = replace_file(path_, text_of(relays));
  if (done) return true;
  // An old file would be believed.
  static_cast<void>(remove_file(path_));
  log::debug("{}", done.error().message());
  return false;
}

}  // namespace innernet::client
